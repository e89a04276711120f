// What must hold for every text and every value.
import test from 'ava';
import fc from 'fast-check';
import { TsbuildError } from '../../../../src/core/errors.js';
import { evaluate, type Scope } from '../../../../src/bake/hcl/evaluate.js';
import { lex } from '../../../../src/bake/hcl/lex.js';
import { parseHcl } from '../../../../src/bake/hcl/parse-body.js';
import { parseExpressionText } from '../../../../src/bake/hcl/parse-expression.js';
import { areEqual, fromJson, toJson } from '../../../../src/bake/hcl/values.js';

const nothing: Scope = { variable: () => undefined, call: () => undefined, names: () => [] };
const valueOf = (text: string) => evaluate(parseExpressionText({ name: 'e', text }), nothing);

/** A text as HCL writes it. */
function quoted(text: string): string {
  const escaped = JSON.stringify(text)
    .replace(/\\[bf]/g, (sign) => (sign === '\\b' ? '\\u0008' : '\\u000c'))
    .replaceAll('${', () => '$${')
    .replaceAll('%{', () => '%%{');
  return escaped;
}

function written(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const items = Object.entries(value).map(([key, one]) => `${quoted(key)} = ${written(one)}`);
  return `{\n${items.join('\n')}\n}`;
}

const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'grapheme' }).filter((text) => !/[\ud800-\udfff](?![\udc00-\udfff])/.test(text)),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie('value'), { maxKeys: 4 }),
  ),
})).value;

test('a value that is written is read as itself', (t) => {
  fc.assert(
    fc.property(values, (value) => {
      const read = valueOf(written(value));
      t.true(areEqual(read, fromJson(value)), written(value));
      t.true(areEqual(fromJson(toJson(read)), read));
    }),
  );
  t.pass();
});

/** An expression of numbers, and its value by JavaScript, whose operators bind alike. */
const arithmetic = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: 0, max: 9 }).map(String),
    fc
      .tuple(tie('expression'), fc.constantFrom('+', '-', '*'), tie('expression'))
      .map(([left, operator, right]) => `${left} ${operator} ${right}`),
    tie('expression').map((inner) => `(${inner})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('<', '>', '<=', '>=', '==', '!='), tie('expression'))
      .map(([left, operator, right]) => `((${left}) ${operator} (${right}) ? 1 : 0)`),
  ),
})).expression;

test('operators bind as everywhere', (t) => {
  fc.assert(
    fc.property(arithmetic, (text) => {
      const expected = Number(new Function(`return ${text}`)());
      t.true(Number(valueOf(text)) === expected, text);
    }),
  );
  t.pass();
});

const PIECES = [
  'target',
  '"a"',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '=',
  '\n',
  '${',
  '%{',
  '"',
  '<<EOT\n',
  'EOT\n',
  'for',
  'in',
  ':',
  '=>',
  '...',
  '.',
  '*',
  '1',
  '//',
  '/*',
  '*/',
  '#',
  ',',
  '?',
  '!',
  '-',
  '\\',
  '~',
  'if',
  'endif',
  ' ',
];

test('any text is read, or refused with its place', (t) => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        parseHcl({ name: 'f', text });
      } catch (error) {
        if (!(error instanceof TsbuildError)) throw error;
        t.is(error.code, 'BAKE_INVALID');
        t.truthy(error.location);
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('tokens stand in the order of the text, and cover all but blanks and comments', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '1', ' ', '+', '"x"', '\n', '(', ')', '# c\n'), { maxLength: 20 }),
      (pieces) => {
        const text = pieces.join('');
        let at = 0;
        for (const token of lex({ name: 'f', text })) {
          t.regex(text.slice(at, token.start), /^(?:[ \t]|#[^\n]*)*$/);
          at = token.end;
        }
      },
    ),
  );
  t.pass();
});

test('an expression that is too deep is refused, and the stack holds', (t) => {
  for (const text of [
    '('.repeat(5000),
    '['.repeat(5000),
    '!'.repeat(5000),
    '"${'.repeat(5000),
    'a ? '.repeat(5000),
  ])
    t.throws(() => parseExpressionText({ name: 'f', text }), { instanceOf: TsbuildError });
});
