import test from 'ava';
import { readFileSync } from 'node:fs';
import { applyChmod, parseChmod } from '../../../../src/layer/copy/chmod.js';

const apply = (text: string, mode: number, isDirectory = false): string =>
  applyChmod(parseChmod(text), mode, { isDirectory }).toString(8);

test('octal replaces all twelve bits', (t) => {
  t.deepEqual(
    ['644', '0755', '4711', '7777', '0'].map((text) => apply(text, 0o7123)),
    ['644', '755', '4711', '7777', '0'],
  );
});

test('octal out of range, bad digits and bad symbols have the text of BuildKit', (t) => {
  for (const text of [
    '64a',
    '10000',
    '888',
    '',
    'u',
    'u+rw,',
    'x+r',
    '+y',
    ',',
    '-755',
    'u=rw,,g=r',
    '0o755',
  ]) {
    const message = `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`;
    t.throws(() => parseChmod(text), { message, code: 'DOCKERFILE_SYNTAX' }, text);
  }
});

const SYMBOLIC: [string, number, string, string][] = [
  // text, mode, for a file, for a directory
  ['u=rwX,go=rX', 0o600, '644', '755'],
  ['u=rwX,go=rX', 0o700, '755', '755'],
  ['+x', 0o644, '755', '755'],
  ['a+X', 0o644, '644', '755'],
  ['a+X', 0o744, '755', '755'],
  ['g=u', 0o640, '660', '660'],
  ['go=u-w', 0o700, '755', '755'],
  ['go=', 0o777, '700', '700'],
  ['u=rwx', 0o4644, '744', '744'],
  ['u+s,g+s', 0o755, '6755', '6755'],
  ['o+s', 0o755, '755', '755'],
  ['+t', 0o755, '1755', '1755'],
  ['-w', 0o666, '444', '444'],
  ['u+x-w', 0o644, '544', '544'],
  ['ug=o', 0o754, '444', '444'],
  ['=r', 0o4777, '444', '444'],
  ['a-x,a+X', 0o755, '755', '755'],
];

for (const [text, mode, forFile, forDirectory] of SYMBOLIC) {
  test(`${text} on ${mode.toString(8)}`, (t) => {
    t.is(apply(text, mode), forFile);
    t.is(apply(text, mode, true), forDirectory);
  });
}

/**
 * Text, and what tonistiigi/dchapes-mode makes of each of the modes, for a file and for a directory; '' when it refuses
 * the text.
 */
const VECTORS = JSON.parse(readFileSync('fixtures/vectors/chmod.json', 'utf8')) as readonly [
  string,
  string,
][];
const VECTOR_MODES = [0, 0o644, 0o755, 0o7777, 0o421, 0o4711, 0o1640];

test('every text has the effect that it has in the library of BuildKit', (t) => {
  for (const [text, expected] of VECTORS) {
    if (expected === '') t.throws(() => parseChmod(text), { code: 'DOCKERFILE_SYNTAX' }, text);
    else
      t.is(
        VECTOR_MODES.flatMap((mode) => [apply(text, mode), apply(text, mode, true)]).join(' '),
        expected,
        text,
      );
  }
  t.true(VECTORS.length > 900);
});
