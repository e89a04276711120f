import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { setAttributeSync } from '@napi-rs/xattr';
import { fromUtf8, toBuffer, type ByteString } from '../../../src/core/bytes.js';
import { openDirectoryView, type DirectoryView } from '../../../src/context/directory-view.js';
import { parseIgnoreFile } from '../../../src/context/ignore-file.js';
import { openStatCache } from '../../../src/context/stat-cache.js';

const b = fromUtf8;
const sha = (data: string): string => createHash('sha256').update(data).digest('hex');

function temporary(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-view-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

function open(root: string, ignore?: string): DirectoryView {
  const statCache = openStatCache({ now: () => Date.now() });
  return openDirectoryView({
    root,
    statCache,
    ignore: ignore === undefined ? undefined : parseIgnoreFile(ignore, '.dockerignore'),
  });
}

function walk(view: DirectoryView, path = b('')): string[] {
  return view.children(path).flatMap((name) => {
    const child = (path === '' ? name : `${path}/${name}`) as ByteString;
    return [child, ...walk(view, child)];
  });
}

test('metadata: owner 0:0, mode with set-id bits, times in nanoseconds, text of links', (t) => {
  const root = temporary(t);
  write(root, { 'd/f': 'hello' });
  chmodSync(join(root, 'd/f'), 0o6751);
  chmodSync(join(root, 'd'), 0o1777);
  execFileSync('touch', ['-d', '1960-01-02 03:04:05.123456789 UTC', join(root, 'd/f')]);
  symlinkSync('/nowhere/é', join(root, 'l'));
  lutimesSync(join(root, 'l'), 5, 7);
  const view = open(root);
  const file = view.get(b('d/f'))!;
  t.like(file, {
    type: 'file',
    mode: 0o6751,
    uid: 0,
    gid: 0,
    size: 5,
    mtime: Date.UTC(1960, 0, 2, 3, 4, 5) / 1000,
    mtimeNsec: 123456789,
  });
  t.like(file.content, { kind: 'file', path: `${view.root}/d/f` });
  t.false('inode' in file);
  t.like(view.get(b('d')), { type: 'dir', mode: 0o1777, size: 0 });
  t.like(view.get(b('l')), { type: 'symlink', link: b('/nowhere/é'), mtime: 7, mtimeNsec: 0, size: 0 });
  t.like(view.get(b('')), { type: 'dir' });
});

test('names are bytes, sorted bytewise', (t) => {
  const root = temporary(t);
  const names = ['b', 'B', 'a b', 'é', '\xff\xfe', '*', '-x', 'new\nline', '[x]', '\x01'].map((n) =>
    n === 'é' ? b(n) : (n as ByteString),
  );
  for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${root}/`), toBuffer(name)]), name);
  const view = open(root);
  t.deepEqual(
    view.children(b('')),
    [...names].sort((x, y) => (x < y ? -1 : 1)),
  );
  for (const name of names) t.is(view.read(name, 100).toString(), name);
  t.is(view.sha256('\xff\xfe' as ByteString), sha('\xff\xfe'));
});

test('fifos are kept, sockets become empty files, devices stay devices', async (t) => {
  const root = temporary(t);
  execFileSync('mkfifo', ['-m', '640', join(root, 'pipe')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, 'sock'), resolve));
  t.teardown(() => server.close());
  const view = open(root);
  t.like(view.get(b('pipe')), { type: 'fifo', mode: 0o640, size: 0 });
  t.like(view.get(b('sock')), { type: 'file', size: 0 });
  t.is(view.sha256(b('sock')), sha(''));
  t.is(view.read(b('sock'), 10).length, 0);
  const devices = openDirectoryView({ root: '/dev', statCache: openStatCache({ now: Date.now }) });
  t.like(devices.get(b('null')), { type: 'char', devMajor: 1, devMinor: 3, size: 0 });
});

test('hard links share an inode', (t) => {
  const root = temporary(t);
  write(root, { a: 'x', 'd/other': 'y' });
  linkSync(join(root, 'a'), join(root, 'd/a'));
  const view = open(root);
  t.truthy(view.get(b('a'))?.inode);
  t.is(view.get(b('a'))?.inode, view.get(b('d/a'))?.inode);
  t.is(view.get(b('d/other'))?.inode, undefined);
});

test('nothing is reached through a symbolic link, a file, or a name that is none', (t) => {
  const root = temporary(t);
  const outside = temporary(t);
  write(outside, { secret: 's' });
  write(root, { file: 'x' });
  symlinkSync(outside, join(root, 'out'));
  const view = open(root);
  t.is(view.get(b('out'))?.type, 'symlink');
  t.deepEqual(view.children(b('out')), []);
  for (const path of [
    'out/secret',
    'file/x',
    '..',
    '../x',
    'd/..',
    '.',
    'file/',
    '/etc',
    '//',
    'x\0y',
    'n'.repeat(300),
  ]) {
    t.is(view.get(b(path)), undefined, path);
  }
});

test('the root may be a symbolic link, resolved once', (t) => {
  const dir = temporary(t);
  write(dir, { 'one/f': '1', 'two/f': '2' });
  symlinkSync('one', join(dir, 'root'));
  const view = open(join(dir, 'root'));
  unlinkSync(join(dir, 'root'));
  symlinkSync('two', join(dir, 'root'));
  t.is(view.read(b('f'), 10).toString(), '1');
});

test('a root that is missing or a file', (t) => {
  const dir = temporary(t);
  write(dir, { f: '' });
  t.throws(() => open(join(dir, 'nope')), {
    code: 'CONTEXT_NOT_FOUND',
    message: /unable to prepare context: path ".*nope" not found/,
  });
  t.throws(() => open(join(dir, 'f')), { code: 'CONTEXT_NOT_FOUND' });
});

test('lazy: what is not asked for is not listed', (t) => {
  const root = temporary(t);
  write(root, { 'a/x': '', 'b/y': '' });
  const view = open(root);
  t.deepEqual(view.children(b('a')), [b('x')]);
  writeFileSync(join(root, 'a', 'later'), '');
  writeFileSync(join(root, 'b', 'later'), '');
  t.deepEqual(view.children(b('a')), [b('x')]);
  t.deepEqual(view.children(b('b')), [b('later'), b('y')]);
});

test('changes under our feet are errors', (t) => {
  const root = temporary(t);
  write(root, { gone: 'x', grown: 'x', swapped: 'x', 'dir/x': 'x' });
  const view = open(root);
  t.is(view.children(b('')).length, 4);
  rmSync(join(root, 'gone'));
  t.throws(() => view.get(b('gone')), {
    code: 'CONTEXT_CHANGED',
    message: '"gone" changed while it was read',
  });
  view.get(b('grown'));
  writeFileSync(join(root, 'grown'), 'xxxx');
  t.throws(() => view.sha256(b('grown')), { code: 'CONTEXT_CHANGED' });
  view.get(b('swapped'));
  rmSync(join(root, 'swapped'));
  symlinkSync('/etc/passwd', join(root, 'swapped'));
  t.throws(() => view.sha256(b('swapped')), { code: 'CONTEXT_CHANGED' });
  t.throws(() => view.read(b('swapped'), 1e6), { code: 'CONTEXT_CHANGED' });
  view.get(b('dir'));
  rmSync(join(root, 'dir'), { recursive: true });
  t.throws(() => view.children(b('dir')), { code: 'CONTEXT_CHANGED', message: /"dir"/ });
  symlinkSync('/etc', join(root, 'dir'));
  t.throws(() => view.children(b('dir')), { code: 'CONTEXT_CHANGED' });
});

test('a link in the place of a directory is not followed, whatever its inode', (t) => {
  const root = temporary(t);
  for (let round = 0; round < 20; round++) {
    mkdirSync(join(root, 'dir'));
    const view = open(root);
    t.is(view.get(b('dir'))?.type, 'dir');
    rmSync(join(root, 'dir'), { recursive: true });
    symlinkSync('/etc', join(root, 'dir'));
    t.throws(() => view.children(b('dir')), { code: 'CONTEXT_CHANGED' });
    rmSync(join(root, 'dir'));
  }
});

test('same size and mtime, other content: the change time tells', (t) => {
  const root = temporary(t);
  write(root, { f: 'aaaa' });
  utimesSync(join(root, 'f'), 1000, 1000);
  const view = open(root);
  view.get(b('f'));
  writeFileSync(join(root, 'f'), 'bbbb');
  utimesSync(join(root, 'f'), 1000, 1000);
  t.throws(() => view.sha256(b('f')), { code: 'CONTEXT_CHANGED' });
});

test('unreadable files and directories are named', (t) => {
  const root = temporary(t);
  write(root, { 'locked/x': '', secret: 's' });
  chmodSync(join(root, 'locked'), 0);
  chmodSync(join(root, 'secret'), 0);
  t.teardown(() => chmodSync(join(root, 'locked'), 0o700));
  chmodSync(root, 0o755);
  const uid = process.geteuid?.();
  if (uid === 0) process.seteuid?.(65534);
  try {
    t.throws(() => open(root).children(b('locked')), {
      code: 'CONTEXT_UNREADABLE',
      message: 'cannot read "locked": permission denied',
    });
    t.throws(() => open(root).sha256(b('secret')), {
      code: 'CONTEXT_UNREADABLE',
      message: 'cannot read "secret": permission denied',
    });
    t.deepEqual(walk(open(root, 'locked\nsecret')), []);
    t.deepEqual(walk(open(root, '*\n!**/nothing')), [], 'an ignored directory may be unreadable');
  } finally {
    if (uid === 0) process.seteuid?.(0);
  }
});

test('reading is bounded', (t) => {
  const root = temporary(t);
  write(root, { f: '12345' });
  t.is(open(root).read(b('f'), 5).toString(), '12345');
  t.throws(() => open(root).read(b('f'), 4), { code: 'CONTEXT_UNREADABLE', message: /larger than 4 bytes/ });
});

test('ignored paths do not exist; directories with brought-back children do, with their own metadata', (t) => {
  const root = temporary(t);
  write(root, {
    'src/a.go': '',
    'src/b/c.go': '',
    'src/b/c.txt': '',
    'src/empty/t.txt': '',
    other: '',
    Dockerfile: '',
    '.dockerignore': '',
  });
  chmodSync(join(root, 'src/b'), 0o711);
  const view = open(root, '*\n!src/**/*.go\n');
  t.deepEqual(walk(view), ['src', 'src/a.go', 'src/b', 'src/b/c.go']);
  t.like(view.get(b('src/b')), { type: 'dir', mode: 0o711 });
  t.is(view.get(b('src/empty')), undefined);
  t.is(view.get(b('src/b/c.txt')), undefined);
  t.is(view.get(b('Dockerfile')), undefined);
  t.is(open(root, 'x').get(b('Dockerfile'))?.type, 'file');
});

test('foo/** keeps the empty directory', (t) => {
  const root = temporary(t);
  write(root, { 'foo/x/y': '' });
  t.deepEqual(walk(open(root, 'foo/**')), ['foo']);
});

test('why a path is absent', (t) => {
  const root = temporary(t);
  write(root, { 'dist/app.js': '', 'src/Main.ts': '', 'README.md': '' });
  const view = open(root, '# build output\n\ndist/\n*.md');
  t.deepEqual(view.whyAbsent(b('dist/app.js')), {
    kind: 'ignored',
    pattern: 'dist',
    ignoreFile: '.dockerignore',
    line: 3,
  });
  t.deepEqual(view.whyAbsent(b('README.md')), {
    kind: 'ignored',
    pattern: '*.md',
    ignoreFile: '.dockerignore',
    line: 4,
  });
  t.deepEqual(view.whyAbsent(b('src/main.ts')), { kind: 'missing', didYouMean: 'src/Main.ts' });
  t.deepEqual(view.whyAbsent(b('scr/Main.ts')), { kind: 'missing', didYouMean: 'src' });
  t.deepEqual(view.whyAbsent(b('utterly-else')), { kind: 'missing' });
  t.deepEqual(view.whyAbsent(b('src/Main.ts/x')), { kind: 'missing' });
});

test('security.capability is kept, user attributes are not', (t) => {
  const root = temporary(t);
  write(root, { exe: '' });
  chmodSync(join(root, 'exe'), 0o755);
  const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
  try {
    setAttributeSync(join(root, 'exe'), 'security.capability', capability);
  } catch {
    t.pass('no privilege to set file capabilities');
    return;
  }
  try {
    setAttributeSync(join(root, 'exe'), 'user.note', Buffer.from('x'));
  } catch {
    t.log('no user attributes here');
  }
  t.deepEqual(open(root).get(b('exe'))?.xattrs, {
    'security.capability': capability.toString('latin1') as ByteString,
  });
});

test('agrees with a walk of the host', (t) => {
  const view = openDirectoryView({ root: 'src', statCache: openStatCache({ now: Date.now }) });
  t.deepEqual(walk(view).sort(), readdirSync('src', { recursive: true, encoding: 'utf8' }).sort());
});
