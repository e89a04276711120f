import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { findDockerfile, findDockerfileIn } from '../../../src/context/find-dockerfile.js';
import type { LayerEntry } from '../../../src/layer/entry.js';
import { memoryTree } from '../../../src/layer/memory-tree.js';

function temporary(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-find-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('Dockerfile, then dockerfile', (t) => {
  const dir = temporary(t);
  writeFileSync(join(dir, 'dockerfile'), 'lower');
  t.deepEqual(findDockerfile({ context: '.', cwd: dir }), {
    name: 'dockerfile',
    text: 'lower',
    path: join(dir, 'dockerfile'),
  });
  writeFileSync(join(dir, 'Dockerfile'), 'upper');
  t.like(findDockerfile({ context: dir, cwd: '/' }), { name: 'Dockerfile', text: 'upper' });
});

test('-f is relative to the working directory, not to the context', (t) => {
  const dir = temporary(t);
  mkdirSync(join(dir, 'sub'));
  mkdirSync(join(dir, 'elsewhere'));
  writeFileSync(join(dir, 'sub', 'a.Dockerfile'), 'a');
  t.deepEqual(findDockerfile({ context: 'elsewhere', file: 'sub/a.Dockerfile', cwd: dir }), {
    name: 'sub/a.Dockerfile',
    text: 'a',
    path: join(dir, 'sub', 'a.Dockerfile'),
  });
});

test('none: the message of BuildKit, and near names', (t) => {
  const dir = temporary(t);
  const none = t.throws(() => findDockerfile({ context: dir, cwd: dir }), { instanceOf: TsbuildError });
  t.is(none?.code, 'DOCKERFILE_NOT_FOUND');
  t.is(none?.message, 'failed to read dockerfile: open Dockerfile: no such file or directory');
  writeFileSync(join(dir, 'Dockerfile.prod'), '');
  writeFileSync(join(dir, 'Dockerfile.prod.dockerignore'), '');
  writeFileSync(join(dir, 'Dokcerfile'), '');
  const near = t.throws(() => findDockerfile({ context: dir, cwd: dir }), { instanceOf: TsbuildError });
  t.is(near?.hint, 'there is "Dokcerfile", "Dockerfile.prod": choose the file with -f');
  t.throws(() => findDockerfile({ context: dir, file: 'no/such', cwd: dir }), {
    message: /open such: no such file/,
  });
});

test('what is not a regular file is refused', (t) => {
  const dir = temporary(t);
  mkdirSync(join(dir, 'Dockerfile'));
  t.throws(() => findDockerfile({ context: dir, cwd: dir }), {
    code: 'CONTEXT_UNREADABLE',
    message: 'cannot read Dockerfile: is a directory',
  });
  t.throws(() => findDockerfile({ context: dir, file: '/dev/zero', cwd: dir }), {
    code: 'CONTEXT_UNREADABLE',
  });
  symlinkSync('real', join(dir, 'link'));
  writeFileSync(join(dir, 'real'), 'x');
  t.is(findDockerfile({ context: dir, file: 'link', cwd: dir }).text, 'x');
});

test('links lead to what is in the context, as in a root', (t) => {
  const dir = temporary(t);
  const context = join(dir, 'context');
  mkdirSync(join(context, 'sub'), { recursive: true });
  writeFileSync(join(dir, 'outside'), 'outside');
  writeFileSync(join(context, 'real'), 'inside');
  const found = (name: string, target: string, file?: string) => {
    const path = join(context, name);
    symlinkSync(target, path);
    try {
      return findDockerfile({ context, file, cwd: dir }).text;
    } catch (error) {
      return (error as TsbuildError).code;
    } finally {
      rmSync(path);
    }
  };
  t.is(found('Dockerfile', 'real'), 'inside');
  t.is(found('Dockerfile', './sub/../real'), 'inside');
  t.is(found('Dockerfile', '/real'), 'inside');
  t.is(found('Dockerfile', '../../../real'), 'inside', 'dots end at the root');
  t.is(found('sub/D', '../real', 'context/sub/D'), 'inside');
  for (const target of ['../outside', join(dir, 'outside'), '/etc/passwd', 'sub/../../outside'])
    t.is(found('Dockerfile', target), 'DOCKERFILE_NOT_FOUND', target);
  t.is(found('sub/D', '../../outside', 'context/sub/D'), 'DOCKERFILE_NOT_FOUND');
});

test('-f outside of the context: its own directory is the root', (t) => {
  const dir = temporary(t);
  const [context, own] = [join(dir, 'context'), join(dir, 'own')];
  mkdirSync(context);
  mkdirSync(own);
  writeFileSync(join(own, 'real'), 'own');
  writeFileSync(join(dir, 'outside'), 'outside');
  symlinkSync('real', join(own, 'inside'));
  symlinkSync('../outside', join(own, 'out'));
  symlinkSync('../own', join(context, 'way'));
  const read = (file: string) => findDockerfile({ context, file, cwd: dir }).text;
  t.is(read('own/real'), 'own');
  t.is(read('own/inside'), 'own');
  t.is(read('context/way/inside'), 'own', 'the user names the directory');
  t.throws(() => read('own/out'), { code: 'DOCKERFILE_NOT_FOUND' });
});

const base = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 } as const;
const file = (path: string, text: string): LayerEntry => ({
  kind: 'node',
  path: fromUtf8(path),
  node: { ...base, type: 'file', size: text.length, content: { kind: 'bytes', data: Buffer.from(text) } },
});
const link = (path: string, to: string): LayerEntry => ({
  kind: 'node',
  path: fromUtf8(path),
  node: { ...base, type: 'symlink', link: fromUtf8(to) },
});

test('in a tree: links stay inside it', (t) => {
  t.like(findDockerfileIn(memoryTree([file('dockerfile', 'low')])), { name: 'dockerfile', text: 'low' });
  t.like(findDockerfileIn(memoryTree([file('sub/D', 'x'), link('Dockerfile', '/sub/D')])), {
    name: 'Dockerfile',
    text: 'x',
  });
  t.like(findDockerfileIn(memoryTree([file('sub/D', 'x')]), './sub/../sub/D'), { text: 'x' });
  t.throws(() => findDockerfileIn(memoryTree([link('Dockerfile', '/etc/passwd')])), {
    code: 'DOCKERFILE_NOT_FOUND',
  });
  t.throws(() => findDockerfileIn(memoryTree([link('Dockerfile', 'Dockerfile')])), {
    code: 'DOCKERFILE_NOT_FOUND',
  });
  const near = t.throws(
    () => findDockerfileIn(memoryTree([file('sub/Dockerfile.dev', '')]), 'sub/Dockerfile'),
    { instanceOf: TsbuildError },
  );
  t.regex(near?.hint ?? '', /Dockerfile\.dev/);
});
