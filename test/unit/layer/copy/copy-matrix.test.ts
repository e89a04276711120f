// What COPY makes of each kind of source at each kind of destination, as BuildKit's docopy
// (solver/llbsolver/file/backend.go) does it. The name of a test says the two.
import test from 'ava';
import type { TsbuildError } from '../../../../src/core/errors.js';
import { extendTree } from '../../../../src/layer/layered-tree.js';
import {
  copied,
  copyEntriesOf,
  dir,
  file,
  paths,
  show,
  special,
  symlink,
  tree,
  b,
  type CopyText,
} from './tree-text.js';

function conflict(text: CopyText): string {
  try {
    copyEntriesOf(text);
  } catch (error) {
    return `${(error as TsbuildError).code} ${(error as Error).message}`;
  }
  return 'no error';
}

test('file → /new: file /new (source mode kept incl. setuid)', (t) => {
  const from = tree({ f: file('x', { mode: 0o4755, uid: 3, gid: 4 }) });
  t.deepEqual(show(copied({ from, args: 'f /new' })), ['file 4755 3:4 /new "x"']);
});

test('file → /d/ (missing): /d 0755 created, /d/f', (t) => {
  const result = copied({ from: tree({ f: 'x' }), args: 'f /d/' });
  t.deepEqual(show(result), ['dir 755 0:0 /d', 'file 644 0:0 /d/f "x"']);
  t.is(result.get(b('d'))?.mtime, 1000);
  t.is(result.get(b('d/f'))?.mtime, 7);
  t.is(result.get(b('d/f'))?.mtimeNsec, 5);
});

test('file → /d, d is an existing dir: /d/f', (t) => {
  const to = tree({ d: dir(0o700, { uid: 9 }) });
  t.deepEqual(show(copied({ from: tree({ f: 'x' }), to, args: 'f /d' })), [
    'dir 700 9:0 /d',
    'file 644 0:0 /d/f "x"',
  ]);
});

test("file → existing file: removed and recreated with the source's mode", (t) => {
  const to = tree({ n: file('old', { mode: 0o777, uid: 5 }), other: '=n' });
  const from = tree({ f: file('x', { mode: 0o600 }) });
  t.deepEqual(show(copied({ from, to, args: 'f /n' })), ['file 600 0:0 /n "x"', 'file 777 5:0 /other "old"']);
});

test('file → /x/, x is a file: error mkdir /x: not a directory', (t) => {
  const to = tree({ x: 'x' });
  t.is(conflict({ from: tree({ f: 'x' }), to, args: 'f /x/' }), 'COPY_CONFLICT mkdir /x: not a directory');
  t.is(conflict({ from: tree({ f: 'x' }), to, args: 'f /x/y' }), 'COPY_CONFLICT mkdir /x: not a directory');
  t.is(
    conflict({ from: tree({ f: 'x' }), to, args: 'f /x/y/z' }),
    'COPY_CONFLICT lstat /x/y: not a directory',
  );
});

test('several sources (or wildcard with several matches) → /n no slash, missing: no error, last one wins as file /n', (t) => {
  const from = tree({ a: '1', c: '2' });
  t.deepEqual(show(copied({ from, args: 'a c /n' })), ['file 644 0:0 /n "2"']);
  t.deepEqual(show(copied({ from, args: '* /n' })), ['file 644 0:0 /n "2"']);
  t.deepEqual(paths(copyEntriesOf({ from, args: 'a c /n/' })), ['n', 'n/a', 'n/c']);
});

test('several → existing dir without slash: all inside it', (t) => {
  const entries = copyEntriesOf({ from: tree({ a: '1', c: '2' }), to: tree({ n: dir() }), args: 'a c /n' });
  t.deepEqual(paths(entries), ['n', 'n/a', 'n/c']);
});

test("dir → /n missing: contents into /n, which is 0755 root:root, not the source dir's mode/owner", (t) => {
  const from = tree({ d: dir(0o700, { uid: 1, gid: 2 }), 'd/s': dir(0o711, { uid: 1, gid: 2 }) });
  const result = copied({ from, args: 'd /n' });
  t.deepEqual(show(result), ['dir 755 0:0 /n', 'dir 711 1:2 /n/s']);
  const owned = copied({
    from,
    args: 'd /n',
    copy: { owner: { uid: 8, gid: 9 }, chmod: { kind: 'octal', mode: 0o2750 } },
  });
  t.deepEqual(show(owned), ['dir 750 8:9 /n', 'dir 2750 8:9 /n/s']);
});

test("subdirs of a copied dir: keep source mode/owner; if they exist in dest theirs is overwritten by the source's", (t) => {
  const from = tree({ 'd/s': dir(0o711, { uid: 1, gid: 2 }) });
  const to = tree({ n: dir(), 'n/s': dir(0o777, { uid: 5, xattrs: { 'user.a': b('1') } }), 'n/s/old': 'o' });
  const result = copied({ from, to, args: 'd /n' });
  t.deepEqual(show(result), ['dir 755 0:0 /n', 'dir 711 1:2 /n/s', 'file 644 0:0 /n/s/old "o"']);
  t.deepEqual(result.get(b('n/s'))?.xattrs, { 'user.a': b('1') });
});

test("dir → existing dir: merged; the top dest dir keeps mode/owner; its mtime becomes the source dir's", (t) => {
  const from = tree({ d: dir(0o700, { mtime: 77, uid: 1 }), 'd/f': 'x' });
  const to = tree({ app: dir(0o750, { uid: 5, gid: 6, mtime: 1 }), 'app/old': 'o' });
  const result = copied({ from, to, args: 'd /app' });
  t.deepEqual(show(result), ['dir 750 5:6 /app', 'file 644 0:0 /app/f "x"', 'file 644 0:0 /app/old "o"']);
  t.is(result.get(b('app'))?.mtime, 77);
});

test('dir → existing file: error cannot copy to non-directory: /n', (t) => {
  const message = conflict({ from: tree({ 'd/f': 'x' }), to: tree({ n: 'x' }), args: 'd /n' });
  t.is(message, 'COPY_CONFLICT cannot copy to non-directory: /n');
});

test('nested: src dir over dest file: same error; src file over dest dir: cannot replace to directory /n/s with file', (t) => {
  const overFile = conflict({ from: tree({ 'd/s/f': 'x' }), to: tree({ 'n/s': 'x' }), args: 'd /n' });
  t.is(overFile, 'COPY_CONFLICT cannot copy to non-directory: /n/s');
  const overDir = conflict({ from: tree({ 'd/s': 'x' }), to: tree({ 'n/s': dir() }), args: 'd /n' });
  t.is(overDir, 'COPY_CONFLICT cannot replace to directory /n/s with file');
});

test('nested: src dir where dest has symlink→dir: error cannot copy to non-directory (symlink is not followed)', (t) => {
  const to = tree({ real: dir(), 'n/s': symlink('/real') });
  const message = conflict({ from: tree({ 'd/s/f': 'x' }), to, args: 'd /n' });
  t.is(message, 'COPY_CONFLICT cannot copy to non-directory: /n/s');
});

test('nested: src file where dest has a symlink: symlink replaced by the file', (t) => {
  const to = tree({ keep: 'k', 'n/s': symlink('/keep') });
  const result = copied({ from: tree({ 'd/s': 'x' }), to, args: 'd /n' });
  t.deepEqual(show(result), ['file 644 0:0 /keep "k"', 'dir 755 0:0 /n', 'file 644 0:0 /n/s "x"']);
  const intoDirectory = copied({ from: tree({ s: 'x' }), to, args: 's /n' });
  t.deepEqual(show(intoDirectory), show(result));
});

test('source named is a symlink (file or dir), or wildcard-matched symlink: followed', (t) => {
  const from = tree({
    t: 'x',
    d: dir(),
    'd/f': 'y',
    link: symlink('t'),
    dlink: symlink('/d'),
    up: symlink('../../d/f'),
  });
  t.deepEqual(show(copied({ from, args: 'link /o' })), ['file 644 0:0 /o "x"']);
  t.deepEqual(show(copied({ from, args: 'link /o/' })), ['dir 755 0:0 /o', 'file 644 0:0 /o/link "x"']);
  t.deepEqual(show(copied({ from, args: 'dlink /o' })), ['dir 755 0:0 /o', 'file 644 0:0 /o/f "y"']);
  t.deepEqual(show(copied({ from, args: 'dl* /o' })), ['dir 755 0:0 /o', 'file 644 0:0 /o/f "y"']);
  t.deepEqual(show(copied({ from, args: 'up /o' })), ['file 644 0:0 /o "y"']);
});

test('symlinks found while walking a copied dir: copied verbatim, also dangling ones', (t) => {
  const from = tree({ 'd/l': symlink('x'), 'd/dead': symlink('/nowhere/../..'), 'd/x': 'x' });
  t.deepEqual(show(copied({ from, args: 'd /o' })), [
    'dir 755 0:0 /o',
    'symlink 777 0:0 /o/dead -> /nowhere/../..',
    'symlink 777 0:0 /o/l -> x',
    'file 644 0:0 /o/x "x"',
  ]);
});

test('dest path contains symlinks (rel or abs): followed, confined to rootfs; final symlink to file/dangling also followed', (t) => {
  const from = tree({ f: 'x' });
  const to = tree({
    lnk: symlink('/real'),
    'a/rel': symlink('../../../real'),
    real: dir(0o700),
    final: symlink('real/target'),
    dead: symlink('/none/x'),
  });
  const added = (args: string): string[] =>
    show(copied({ from, to, args })).filter((line) => line.startsWith('file'));
  t.deepEqual(added('f /lnk/x/f'), ['file 644 0:0 /real/x/f "x"']);
  t.deepEqual(added('f /a/rel/f'), ['file 644 0:0 /real/f "x"']);
  t.deepEqual(added('f /final'), ['file 644 0:0 /real/target "x"']);
  t.deepEqual(added('f /dead'), ['file 644 0:0 /none/x "x"']);
  t.is(copied({ from, to, args: 'f /lnk/x/f' }).get(b('lnk'))?.type, 'symlink');
});

test('hard links inside one copied tree: preserved as hard links', (t) => {
  const from = tree({ 'd/a': 'x', 'd/s/c': '=d/a', 'd/e': '=d/a', alone: '=d/a' });
  t.deepEqual(show(copied({ from, args: 'd /o' })), [
    'dir 755 0:0 /o',
    'file 644 0:0 /o/a "x"',
    'file 644 0:0 /o/e == /o/a',
    'dir 755 0:0 /o/s',
    'file 644 0:0 /o/s/c == /o/a',
  ]);
  const separate = copyEntriesOf({ from, args: 'd/a alone /o/' });
  t.deepEqual(paths(separate), ['o', 'o/a', 'o/alone'], 'not between two sources');
});

test("several dirs by wildcard (COPY * /o/): each dir's contents flattened into /o/", (t) => {
  const from = tree({ 'a/q/1': '1', 'w/w/2': '2' });
  t.deepEqual(paths(copyEntriesOf({ from, args: '* /o/' })), ['o', 'o/q', 'o/q/1', 'o/w', 'o/w/2']);
});

test('fifo / device: recreated', (t) => {
  const from = tree({ 'd/p': special('fifo'), 'd/n': special('char', { devMajor: 1, devMinor: 3 }) });
  t.deepEqual(show(copied({ from, args: 'd /o' })), [
    'dir 755 0:0 /o',
    'char 600 0:0 /o/n 1:3',
    'fifo 600 0:0 /o/p',
  ]);
});

test('. vs dir/. vs dir/: all "contents of"', (t) => {
  const from = tree({ 'dir/f': 'x' });
  for (const source of ['dir', 'dir/', 'dir/.', './dir', '/dir', '../dir']) {
    t.deepEqual(paths(copyEntriesOf({ from, args: `${source} /o` })), ['o', 'o/f'], source);
  }
  t.deepEqual(paths(copyEntriesOf({ from, args: '. /o' })), ['o', 'o/dir', 'o/dir/f']);
  t.deepEqual(paths(copyEntriesOf({ from, args: '. /' })), ['dir', 'dir/f'], 'the root itself is no entry');
});

test('dest relative to WORKDIR; "" and . are the workdir as a directory', (t) => {
  const from = tree({ f: 'x' });
  const at = (args: string): string[] => paths(copyEntriesOf({ from, args, workdir: '/w/' }));
  t.deepEqual(at('f x'), ['w', 'w/x']);
  t.deepEqual(at('f .'), ['w', 'w/f']);
  t.deepEqual(at('f ./'), ['w', 'w/f']);
  t.deepEqual(at('f '), ['w', 'w/f']);
  t.deepEqual(at('f x/.'), ['w', 'w/x', 'w/x/f']);
  t.deepEqual(at('f ../x'), ['x']);
  t.deepEqual(at('f ../../../x'), ['x']);
});

test('--chown and --chmod: files, directories and created parents; symbolic modes leave parents 0755; symlinks keep their mode', (t) => {
  const from = tree({ 'd/s': dir(0o700), 'd/f': file('x', { mode: 0o4711, uid: 7 }), 'd/l': symlink('f') });
  const owner = { uid: 55, gid: 55 };
  const octal = copied({ from, args: 'd /p/q', copy: { owner, chmod: { kind: 'octal', mode: 0o640 } } });
  t.deepEqual(show(octal), [
    'dir 640 55:55 /p',
    'dir 640 55:55 /p/q',
    'file 640 55:55 /p/q/f "x"',
    'symlink 777 55:55 /p/q/l -> f',
    'dir 640 55:55 /p/q/s',
  ]);
});

test('security.capability and setuid survive', (t) => {
  const xattrs = { 'security.capability': 'x\0\xff' as ReturnType<typeof b> };
  const result = copied({ from: tree({ f: file('x', { mode: 0o6755, xattrs }) }), args: 'f /f' });
  t.deepEqual(result.get(b('f'))?.xattrs, xattrs);
  t.is(result.get(b('f'))?.mode, 0o6755);
});

test('existing directories on the way come with their own metadata', (t) => {
  const to = tree({ usr: dir(0o711, { uid: 4 }), 'usr/bin': dir(0o1777, { xattrs: { 'user.x': b('1') } }) });
  const entries = copyEntriesOf({ from: tree({ f: 'x' }), to, args: 'f /usr/bin/f' });
  t.deepEqual(paths(entries), ['usr', 'usr/bin', 'usr/bin/f']);
  t.deepEqual(show(extendTree(to, entries)), [
    'dir 711 4:0 /usr',
    'dir 1777 0:0 /usr/bin',
    'file 644 0:0 /usr/bin/f "x"',
  ]);
  t.deepEqual(extendTree(to, entries).get(b('usr/bin'))?.xattrs, { 'user.x': b('1') });
});

test('--link: dest symlinks are not followed, parents are 0755 root', (t) => {
  const entries = copyEntriesOf({ from: tree({ f: 'x' }), args: 'f /lib/f' });
  const image = tree({ lib: symlink('usr/lib'), 'usr/lib': dir(0o700) });
  t.deepEqual(show(extendTree(image, entries)), [
    'dir 755 0:0 /lib',
    'file 644 0:0 /lib/f "x"',
    'dir 755 0:0 /usr',
    'dir 700 0:0 /usr/lib',
  ]);
});

test('a name that would be a whiteout is refused', (t) => {
  t.regex(
    conflict({ from: tree({ 'd/.wh.passwd': 'x' }), args: 'd /etc' }),
    /^LAYER_UNSAFE \/etc\/.wh.passwd/,
  );
  t.regex(conflict({ from: tree({ f: 'x' }), args: 'f /.wh..wh..opq/f' }), /^LAYER_UNSAFE/);
});

test('the time comes last: no entry of a copy depends on anything but its arguments', (t) => {
  const from = tree({ 'd/z': '1', 'd/a/b': '2', 'd/a.b': '3' });
  const first = copyEntriesOf({ from, args: 'd /o' });
  t.deepEqual(copyEntriesOf({ from, args: 'd /o' }), first);
  t.deepEqual(paths(first), ['o', 'o/a', 'o/a.b', 'o/a/b', 'o/z'], 'bytewise, parents first');
});
