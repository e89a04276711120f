import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { parseIgnoreFile, parseIgnoreLines } from '../../../src/context/ignore-file.js';
import { readIgnoreFile } from '../../../src/context/read-ignore-file.js';

interface Vector {
  readonly ignore: string;
  readonly paths: readonly string[];
  readonly expect: {
    readonly patterns: readonly string[];
    readonly excluded?: Readonly<Record<string, boolean>>;
    readonly error?: string;
  };
}

const vectors: readonly Vector[] = JSON.parse(readFileSync('fixtures/vectors/ignore.json', 'utf8'));

for (const [index, { ignore, expect }] of vectors.entries()) {
  test(`vector ${index}: ${JSON.stringify(ignore)}`, (t) => {
    t.deepEqual(
      parseIgnoreLines(ignore).map((line) => line.pattern),
      [...expect.patterns],
    );
    if (expect.error !== undefined) {
      const error = t.throws(() => parseIgnoreFile(ignore, '.dockerignore'), { instanceOf: TsbuildError });
      t.is(error?.message, `failed parsing .dockerignore: ${expect.error}`);
      return;
    }
    const { matcher } = parseIgnoreFile(ignore, '.dockerignore');
    for (const [path, isExcluded] of Object.entries(expect.excluded ?? {}))
      t.is(matcher.isMatch(path), isExcluded, path);
  });
}

test('lines as moby/patternmatcher/ignorefile reads them', (t) => {
  const text = 'test1\n/test2\n/a/file/here\n\nlastfile\n# this is a comment\n! /inverted/abs/path\n!\n! ';
  t.deepEqual(parseIgnoreLines(text), [
    { pattern: 'test1', line: 1 },
    { pattern: 'test2', line: 2 },
    { pattern: 'a/file/here', line: 3 },
    { pattern: 'lastfile', line: 5 },
    { pattern: '!inverted/abs/path', line: 7 },
    { pattern: '!', line: 8 },
    { pattern: '!', line: 9 },
  ]);
  t.deepEqual(parseIgnoreLines('\ufeff#no\n #yes\nfoo/\n./a/../b'), [
    { pattern: '#yes', line: 2 },
    { pattern: 'foo', line: 3 },
    { pattern: 'b', line: 4 },
  ]);
});

test('errors carry the line', (t) => {
  const error = t.throws(() => parseIgnoreFile('a\n!\n', 'x.dockerignore'), { instanceOf: TsbuildError });
  t.is(error?.message, 'failed parsing x.dockerignore: illegal exclusion pattern: "!"');
  t.is(error?.location?.startLine, 2);
  t.is(error?.location?.file, 'x.dockerignore');
  t.throws(() => parseIgnoreFile('a'.repeat(70000), 'x'), {
    instanceOf: TsbuildError,
    code: 'IGNORE_SYNTAX',
  });
});

test('the file beside the Dockerfile wins, and the two are not merged', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-ignore-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'sub'));
  t.is(readIgnoreFile({ context: dir }), undefined);
  writeFileSync(join(dir, '.dockerignore'), 'one\n');
  const dockerfile = join(dir, 'sub', 'a.Dockerfile');
  t.deepEqual(readIgnoreFile({ context: dir, dockerfile })?.matcher.patterns, ['one']);
  writeFileSync(`${dockerfile}.dockerignore`, '# nothing\n\ntwo\n');
  const rules = readIgnoreFile({ context: dir, dockerfile, dockerfileName: 'sub/a.Dockerfile' });
  t.deepEqual(rules?.matcher.patterns, ['two']);
  t.deepEqual(rules?.lines, [3]);
  t.is(rules?.file, 'sub/a.Dockerfile.dockerignore');
});

test('a directory and a link out of the context are no ignore files, and that is said', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-ignore-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, '.dockerignore'));
  const notes: string[] = [];
  const read = () => readIgnoreFile({ context: dir, onNote: (note) => void notes.push(note) });
  t.is(read(), undefined);
  rmSync(join(dir, '.dockerignore'), { recursive: true });
  for (const target of ['/dev/zero', '../outside']) {
    symlinkSync(target, join(dir, '.dockerignore'));
    t.is(read(), undefined);
    rmSync(join(dir, '.dockerignore'));
  }
  t.is(read(), undefined);
  const link = (to: string) =>
    `.dockerignore is a link to "${to}", where no file of the context is: it is not read, and ignores nothing`;
  t.deepEqual(notes, [
    '.dockerignore is a directory: it is not read, and ignores nothing',
    link('/dev/zero'),
    link('../outside'),
  ]);
});

test('an ignore file by a link inside the context; one that is a FIFO or closed is an error', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-ignore-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'sub'));
  writeFileSync(join(dir, 'rules'), 'one\n');
  symlinkSync('../../rules', join(dir, 'sub/link'));
  symlinkSync('/sub/link', join(dir, '.dockerignore'));
  t.deepEqual(readIgnoreFile({ context: dir })?.matcher.patterns, ['one'], 'as in a root');
  const dockerfile = join(dir, 'sub', 'a');
  mkdirSync(`${dockerfile}.dockerignore`);
  t.deepEqual(readIgnoreFile({ context: dir, dockerfile })?.matcher.patterns, ['one']);
  rmSync(join(dir, '.dockerignore'));
  execFileSync('mkfifo', [join(dir, '.dockerignore')]);
  t.throws(() => readIgnoreFile({ context: dir }), {
    code: 'CONTEXT_UNREADABLE',
    message: 'cannot read .dockerignore: not a regular file',
  });
});
