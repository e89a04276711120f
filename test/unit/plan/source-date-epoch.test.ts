// What SOURCE_DATE_EPOCH may be, and which stages may stand for a time.
import test from 'ava';
import fc from 'fast-check';
import { parseDockerfile } from '../../../src/parser/parse-dockerfile.js';
import { epochSourceOf, parseSourceDateEpoch } from '../../../src/plan/source-date-epoch.js';

const sourceOf = (
  text: string,
  buildArgs: Record<string, string> = {},
  globalArgs: [string, string][] = [],
) => {
  const { stages, escape } = parseDockerfile(text, 'Dockerfile');
  return epochSourceOf(stages[0]!, { escape, buildArgs, globalArgs: new Map(globalArgs) });
};

test('numbers as Go reads them, a name otherwise', (t) => {
  t.deepEqual(parseSourceDateEpoch(undefined), { kind: 'unset' });
  t.deepEqual(parseSourceDateEpoch(''), { kind: 'unset' });
  for (const [text, seconds] of [
    ['0', 0],
    ['+12', 12],
    ['-5', -5],
    ['0012', 12],
    ['1700000000', 1_700_000_000],
  ] as const)
    t.deepEqual(parseSourceDateEpoch(text), { kind: 'seconds', seconds });
  t.deepEqual(parseSourceDateEpoch('context'), { kind: 'context' });
  t.deepEqual(parseSourceDateEpoch('1.5'), { kind: 'name', name: '1.5' });
  t.deepEqual(parseSourceDateEpoch('Context'), { kind: 'name', name: 'Context' });
  t.throws(() => parseSourceDateEpoch('9'.repeat(18)), { message: /^invalid SOURCE_DATE_EPOCH: 9+$/ });
});

test('every number in the range of dates is itself', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -8.64e12, max: 8.64e12 }), (seconds) => {
      t.deepEqual(parseSourceDateEpoch(String(seconds)), { kind: 'seconds', seconds });
    }),
  );
  t.pass();
});

test('a stage of ARGs and one ADD; variables are expanded, with build args before defaults', (t) => {
  t.deepEqual(sourceOf('FROM scratch\nADD https://x/a /\n'), { source: 'https://x/a' });
  const text =
    'FROM ${BASE}\nARG V=1\nARG W=${V}2\nADD --checksum=sha256:${V} --keep-git-dir https://x/${W}.git /\n';
  const base: [string, string][] = [['BASE', 'scratch']];
  t.deepEqual(sourceOf(text, {}, base), {
    source: 'https://x/12.git',
    checksum: 'sha256:1',
    keepGitDir: true,
  });
  t.is(sourceOf(text, { V: '7' }, base).source, 'https://x/72.git');
  const own = 'FROM scratch\nADD https://x/a$SOURCE_DATE_EPOCH /\n';
  t.is(sourceOf(own, {}, [['SOURCE_DATE_EPOCH', 's']]).source, 'https://x/a');
});

test('any other stage is refused in the words of BuildKit', (t) => {
  const refusals: [string, RegExp][] = [
    ['FROM a\nADD https://x/a /\n', /must use FROM scratch/],
    ['FROM scratch\n', /must contain exactly one remote ADD$/],
    ['FROM scratch\nADD https://x/a /\nADD https://x/b /\n', /must contain exactly one remote ADD$/],
    ['FROM scratch\nADD https://x/a https://x/b /d/\n', /exactly one remote ADD source$/],
    ['FROM scratch\nADD <<A /\nA\n', /exactly one remote ADD source$/],
    ['FROM scratch\nENV A=b\nADD https://x/a /\n', /source-only requirements: unsupported ENV instruction$/],
    ['FROM scratch\nCOPY a /\n', /unsupported COPY instruction$/],
  ];
  for (const [text, message] of refusals) t.throws(() => sourceOf(text), { message }, text);
});
