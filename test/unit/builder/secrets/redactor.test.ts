import test from 'ava';
import fc from 'fast-check';
import { TsbuildError } from '../../../../src/core/errors.js';
import { createStreamRedactor, redactError } from '../../../../src/builder/secrets/redactor.js';
import { hiddenPatterns, scannedPatterns } from '../../../../src/builder/secrets/secret-patterns.js';

const patternsOf = (...values: string[]): Buffer[] =>
  hiddenPatterns(values.map((value, i) => ({ id: `s${i}`, value: Buffer.from(value) })));

function redact(chunks: readonly string[], patterns: readonly Buffer[]): string[] {
  const redactor = createStreamRedactor(patterns);
  return [...chunks.map((chunk) => redactor.push(Buffer.from(chunk))), redactor.end()].map(String);
}

/** Leftmost, then longest, over the whole text. */
function reference(text: string, values: readonly string[]): string {
  let result = '';
  for (let at = 0; at < text.length;) {
    const longest = values
      .filter((value) => text.startsWith(value, at))
      .reduce((a, b) => (b.length > a.length ? b : a), '');
    result += longest === '' ? text[at] : '****';
    at += Math.max(longest.length, 1);
  }
  return result;
}

test('a value is hidden wherever the chunks are cut', (t) => {
  const [word, small] = [
    fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 4, maxLength: 9 }),
    fc.constantFrom('a', 'b', 'c'),
  ];
  const pieces = fc.array(fc.array(fc.oneof(word, small)), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), pieces, (values, parts) => {
      const chunks = parts.map((part) => [...part, ...values.slice(0, part.length % 2)].join(''));
      t.is(redact(chunks, patternsOf(...values)).join(''), reference(chunks.join(''), values));
    }),
  );
});

test('nothing is held back but the begin of a value', (t) => {
  t.deepEqual(redact(['token: ', 'abc', 'defgh!', ' end\n'], patternsOf('abcdefgh')), [
    'token: ',
    '',
    '****!',
    ' end\n',
    '',
  ]);
  t.deepEqual(redact(['what? a'], patternsOf('abcdefgh')), ['what? ', 'a']);
});

test('a value that begins with another one is hidden whole', (t) => {
  t.is(redact(['x secret1', '-and-more y'], patternsOf('secret1', 'secret1-and-more')).join(''), 'x **** y');
  t.is(
    redact(['x secret1', ' y secret1'], patternsOf('secret1', 'secret1-and-more')).join(''),
    'x **** y ****',
  );
});

test('white space around a value and its line ends do not save it; each line of a few is hidden', (t) => {
  t.is(redact(['got hunter22!'], patternsOf('  hunter22\r\n')).join(''), 'got ****!');
  const npmrc = 'registry=https://r.test/\n//r.test/:_authToken=npm_12345678\n';
  t.is(redact(['//r.test/:_authToken=npm_12345678\n'], patternsOf(npmrc)).join(''), '****\n');
});

test('short values are not hidden, and shorter ones than 8 bytes not looked for in layers', (t) => {
  t.deepEqual(patternsOf('abc', '', ' \n'), []);
  const named = ['1234567', ' 12345678\n'].map((value, i) => ({ id: `s${i}`, value: Buffer.from(value) }));
  t.deepEqual(scannedPatterns(named), [{ id: 's1', value: Buffer.from('12345678') }]);
});

test('many matches in one chunk do not cost more than their number', (t) => {
  const text = 'abcdefgh'.repeat(50_000);
  t.is(redact([text], patternsOf('abcdefgh', 'z'.repeat(100_000))).join(''), '****'.repeat(50_000));
});

test('errors lose the value in message, hint and causes', (t) => {
  const patterns = patternsOf('pass"word');
  const error = new TsbuildError('STEP_EXIT_NONZERO', `process ${JSON.stringify('login pass"word')} failed`, {
    hint: 'not pass"word',
    cause: new Error('pass"word'),
    exitCode: 3,
  });
  const redacted = redactError(error, patterns) as TsbuildError;
  t.is(redacted.message, 'process "login ****" failed');
  t.is(redacted.hint, 'not ****');
  t.is(redacted.cause, undefined);
  t.is(redacted.exitCode, 3);
  t.false(redacted.stack?.includes('word'));
  const clean = new TsbuildError('STEP_EXIT_NONZERO', 'x');
  t.is(redactError(clean, patterns), clean);
});
