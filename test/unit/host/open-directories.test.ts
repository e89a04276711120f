// Directories are reached name by name, and however deep they lie few of them are open.
import test from 'ava';
import {
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, toPath, type ByteString } from '../../../src/core/bytes.js';
import { hostRoot, openDirectoriesBelow } from '../../../src/host/open-directories.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';

const b = fromUtf8;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function openCount(below: string): number {
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith(below);
    } catch {
      // The descriptor of the listing itself.
      return false;
    }
  }).length;
}

test.serial(
  'any order of directories, names that are no text, and nothing open in the next turn',
  async (t) => {
    const root = tempDir(t);
    const paths = ['a', 'a/b', 'a/bc', 'a/b/c', 'd', 'd/ä'];
    for (const path of paths) {
      mkdirSync(join(root, path));
      writeFileSync(join(root, path, `in-${path.replaceAll('/', '-')}`), '');
    }
    const directories = openDirectoriesBelow(hostRoot(b(root)));
    const names = (path: ByteString): string[] =>
      readdirSync(toPath(directories.at(path).place)).filter((name) => name.startsWith('in-'));
    for (const path of [...paths, ...paths.toReversed(), 'a/b/c', 'a/bc', 'd/ä', 'a'])
      t.deepEqual(names(b(path)), [`in-${path.replaceAll('/', '-')}`]);
    t.deepEqual(names(b('')), []);
    t.true(openCount(root) > 0);
    await nextTurn();
    t.is(openCount(root), 0);
  },
);

test.serial('few directories are open at a time', (t) => {
  const root = tempDir(t);
  const deep = Array.from({ length: 100 }, (_, i) => `d${i}`).join('/');
  mkdirSync(join(root, deep), { recursive: true });
  const directories = openDirectoriesBelow(hostRoot(b(root)));
  for (const path of [deep, `${deep}/..`.split('/').slice(0, 50).join('/'), 'd0', deep]) {
    t.truthy(directories.at(b(path)));
    t.true(openCount(root) <= 33);
  }
  directories.close();
  t.is(openCount(root), 0);
});

test('links, files and what is absent are no directories; another root is refused', (t) => {
  const root = tempDir(t);
  mkdirSync(join(root, 'dir'));
  mkdirSync(join(root, 'context'));
  writeFileSync(join(root, 'context/file'), '');
  symlinkSync('../dir', join(root, 'context/link'));
  const context = hostRoot(b(join(root, 'context')));
  const at = (path: string) => openDirectoriesBelow(context).at(b(path));
  t.throws(() => at('link'), { code: 'ENOTDIR' });
  t.throws(() => at('link/x'), { code: 'ENOTDIR' });
  t.throws(() => at('file'), { code: 'ENOTDIR' });
  t.throws(() => at('absent/x'), { code: 'ENOENT' });
  renameSync(join(root, 'context'), join(root, 'moved'));
  mkdirSync(join(root, 'context'));
  t.throws(() => at(''), { code: 'CONTEXT_CHANGED' });
  rmdirSync(join(root, 'context'));
  symlinkSync('moved', join(root, 'context'));
  t.throws(() => at(''), { code: 'ENOTDIR' });
});
