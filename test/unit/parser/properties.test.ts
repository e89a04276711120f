// Whatever the text: a TsbuildError with a place or a result, soon; and instructions stand where a plain line reader
// finds them.
import test from 'ava';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { TsbuildError } from '../../../src/core/errors.js';
import { expandWord, expandWords } from '../../../src/parser/expand-word.js';
import { locateInstructions } from '../../../src/parser/locate-instructions.js';
import { parseMount } from '../../../src/parser/mount.js';
import { parseDockerfile, parseTrigger } from '../../../src/parser/parse-dockerfile.js';
import { continuationIndex, isComment, withoutLineEnd } from '../../../src/parser/physical-line.js';
import { runChecks } from '../../../src/parser/checks/run-checks.js';
import { buildStageGraph } from '../../../src/parser/stage-graph.js';

const RUNS = { numRuns: 400 };

const corpus = [
  ...readdirSync('fixtures/parser').map((name) => readFileSync(`fixtures/parser/${name}/Dockerfile`, 'utf8')),
  ...(JSON.parse(readFileSync('fixtures/vectors/parse.json', 'utf8')) as { dockerfile: string }[]).map(
    (c) => c.dockerfile,
  ),
];

const PIECES = [
  ...'\n \t\r\v\\`#<>"\'$={}[],-:;/*?@'.split(''),
  ...'\n|\\\n|\r\n|\\ \n|FROM a|RUN |COPY |ONBUILD |ENV |ARG |HEALTHCHECK |AS |<<EOF|<<-"E"|EOF\n|E\n|# escape=`\n'.split(
    '|',
  ),
  ...'--mount=|--from=|type=|["a"|]|${a:-|${|}|\u00a0|\ufeff|\u2028|日|\ud800'.split('|'),
];

const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(''));

/** A file of the corpus with some places cut, doubled or overwritten. */
const edits = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(8), fc.constantFrom('', ...PIECES)),
  { maxLength: 6 },
);
const mutated = fc.tuple(fc.constantFrom(...corpus), edits).map(([text, changes]) =>
  changes.reduce((current, [place, cut, insert]) => {
    const at = Math.floor(place * current.length);
    return current.slice(0, at) + insert + current.slice(at + cut);
  }, text),
);

/** True when it ends in a value or in the user's error. */
function endsWell(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    return error instanceof TsbuildError;
  }
}

function parsesWell(text: string): boolean {
  try {
    const dockerfile = parseDockerfile(text, 'Dockerfile');
    const options = { namedContexts: new Set(['b']), expandBase: ({ image }: { image: string }) => image };
    const facts = { ignoredBy: () => '*', baseEnvironments: new Map([[0, ['A=1']]]) };
    return (
      endsWell(() => buildStageGraph(dockerfile, options)) && endsWell(() => runChecks(dockerfile, facts))
    );
  } catch (error) {
    return (
      error instanceof TsbuildError &&
      error.location !== undefined &&
      error.location.startLine <= error.location.endLine
    );
  }
}

test('any text parses or fails with a place', (t) => {
  fc.assert(fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), parsesWell), RUNS);
  fc.assert(
    fc.property(soup, (text) => parsesWell(`FROM a\n${text}`)),
    RUNS,
  );
  t.pass();
});

test('any change to a known file parses or fails with a place', (t) => {
  fc.assert(fc.property(mutated, parsesWell), { numRuns: 600 });
  t.pass();
});

test('any trigger, word and mount ends in a value or the one error', (t) => {
  const location = { file: 'Dockerfile', startLine: 3, endLine: 3, text: '' };
  const environment = (name: string) => (name.length % 2 === 0 ? `<${name}>` : undefined);
  const property = fc.property(soup, (text) => {
    const runs = [
      () => parseTrigger(text, location),
      () => expandWord(text, environment),
      () =>
        expandWords(text, environment, {
          escape: '`',
          skipUnset: true,
          isRawQuotes: true,
          isRawEscapes: true,
        }),
      () => parseMount(text, (value) => expandWord(value, environment).text),
    ];
    return runs.every(endsWell);
  });
  fc.assert(property, RUNS);
  t.pass();
});

/**
 * The instructions of a file without heredocs, read line by line: what dockerfile-ast has to find over the masked text.
 */
function plainStarts(lines: readonly string[]): number[] {
  const starts: number[] = [];
  let isContinued = false;
  for (const [index, line] of lines.entries()) {
    const content = withoutLineEnd(line);
    const isBlank = !/[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(content);
    if (isBlank || isComment(content)) continue;
    if (!isContinued) starts.push(index);
    isContinued = continuationIndex(content, '\\') >= 0;
  }
  return starts;
}

test('instructions start where a plain line reader finds them', (t) => {
  const property = fc.property(fc.oneof(soup, mutated), (text) => {
    const lines = text.split('\n');
    const starts = plainStarts(lines);
    const located = locateInstructions(lines, '\\').map(({ start }) => start);
    // An instruction that opens with a bare continuation is two for the package; the reader joins them.
    const extra = located.filter((start) => !starts.includes(start));
    const isJoined = (start: number): boolean => starts.some((s) => s < start && /^\s*\\/.test(lines[s]!));
    return starts.every((start) => located.includes(start)) && extra.every(isJoined);
  });
  fc.assert(property, { numRuns: 800 });
  t.pass();
});

test('parsing is the same for LF and CRLF where no heredoc keeps its line ends', (t) => {
  for (const text of corpus.filter((file) => !file.includes('<<') && !file.includes('\r'))) {
    const originals = (file: string): unknown => {
      try {
        return parseDockerfile(file, 'D').stages.map(({ instructions }) =>
          instructions.map(({ original }) => original),
        );
      } catch (error) {
        return (error as Error).message;
      }
    };
    t.deepEqual(originals(text.replaceAll('\n', '\r\n')), originals(text));
  }
});

for (const [title, text] of [
  ['one very long continuation', `FROM a\nRUN ${'x \\\n'.repeat(100_000)}y\n`],
  ['very many instructions', `FROM a\n${'RUN x\n'.repeat(60_000)}`],
  ['very many comments', `${'# x\n'.repeat(100_000)}FROM a\n`],
  ['very many heredocs', `FROM a\n${'RUN <<E\nx\\\nE\n'.repeat(20_000)}`],
  ['terminators that look continued', `FROM a\n${"RUN <<'E\\' x\nb \\\nE\\\n".repeat(20_000)}`],
  ['one line full of openers', `FROM a\nRUN ${'<<E '.repeat(10_000)}\n${'E\n'.repeat(10_000)}`],
  ['deep brackets', `FROM a\nCMD ${'['.repeat(60_000)}\n`],
  [
    'very many undefined variables',
    `FROM scratch\n${Array.from({ length: 20_000 }, (_, i) => `ENV A${i}=$B${i}\n`).join('')}`,
  ],
  ['blank continuations', `FROM a\nRUN x \\\n${'\n'.repeat(100_000)}`],
] as const) {
  test(`ends soon: ${title}`, (t) => {
    t.timeout(20_000);
    t.true(parsesWell(text));
  });
}
