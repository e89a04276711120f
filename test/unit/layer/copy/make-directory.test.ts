import test from 'ava';
import { makeDirectory } from '../../../../src/layer/copy/make-directory.js';
import { extendTree, type LayeredTree } from '../../../../src/layer/layered-tree.js';
import { dir, paths, show, symlink, tree, b, NOW } from './tree-text.js';

const owner = { uid: 5, gid: 6 };
const made = (path: string, to: LayeredTree): string[] =>
  show(extendTree(to, makeDirectory(to, b(path), { owner, now: NOW })));

test('missing directories are 0755 and belong to the user', (t) => {
  t.deepEqual(made('/w/x', tree({})), ['dir 755 5:6 /w', 'dir 755 5:6 /w/x']);
});

test('existing ones stay as they are; nothing missing gives no entries', (t) => {
  const to = tree({ w: dir(0o700, { uid: 1 }) });
  t.deepEqual(made('/w/x', to), ['dir 700 1:0 /w', 'dir 755 5:6 /w/x']);
  t.deepEqual(makeDirectory(to, b('/w'), { owner, now: NOW }), []);
  t.deepEqual(makeDirectory(to, b('/'), { owner, now: NOW }), []);
});

test('links are followed inside the root, also a last one that leads nowhere', (t) => {
  const to = tree({ w: symlink('/../../tmp/host'), l: symlink('../../etc/x') });
  const at = (path: string): string[] => paths(makeDirectory(to, b(path), { owner, now: NOW }));
  t.deepEqual(at('/w/x'), ['tmp', 'tmp/host', 'tmp/host/x']);
  t.deepEqual(at('/l'), ['etc', 'etc/x']);
  t.deepEqual(at('/a/../b/.'), ['b']);
});

test('the depth of a path is no limit', (t) => {
  const path = b(`/${'d/'.repeat(2_000)}`);
  t.is(makeDirectory(tree({}), path, { owner, now: NOW }).length, 2_000);
});

test('a file in the way is an error', (t) => {
  const at = (path: string) => () => makeDirectory(tree({ f: 'x' }), b(path), { owner, now: NOW });
  t.throws(at('/f'), { code: 'COPY_CONFLICT', message: 'mkdir /f: not a directory' });
  t.throws(at('/f/x'), { code: 'COPY_CONFLICT', message: 'lstat /f/x: not a directory' });
});
