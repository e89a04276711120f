import test from 'ava';
import { toUtf8 } from '../../../src/core/bytes.js';
import { findMetadata } from '../../../src/sbom/find-metadata.js';
import { b, dir, special, symlink, tree, type Sketch } from '../layer/copy/tree-text.js';
import { npmFolderName } from '../../../src/sbom/find-metadata.js';

async function found(sketch: Sketch): Promise<string[]> {
  const files = await findMetadata(tree(sketch), new AbortController().signal);
  return files.map(({ kind, path }) => `${kind} ${toUtf8(path)}`).sort();
}

test('databases of distributions are found where they are, each once', async (t) => {
  t.deepEqual(
    await found({
      lib: symlink('usr/lib'),
      'usr/lib/apk/db/installed': 'x',
      'var/lib/dpkg/status': 'x',
      'var/lib/dpkg/status.d/base': 'x',
      'var/lib/dpkg/status.d/base.md5sums': 'x',
      'var/lib/dpkg/status.d/folder': dir(),
      'var/lib/rpm': symlink('../../usr/lib/sysimage/rpm'),
      'usr/lib/sysimage/rpm/rpmdb.sqlite': 'x',
      'usr/lib/sysimage/rpm/Packages.db': 'x',
    }),
    [
      'apk usr/lib/apk/db/installed',
      'dpkg var/lib/dpkg/status',
      'dpkg var/lib/dpkg/status.d/base',
      'rpm usr/lib/sysimage/rpm/rpmdb.sqlite',
      'rpm-other usr/lib/sysimage/rpm/Packages.db',
    ],
  );
});

test('what is no regular file is no database', async (t) => {
  t.deepEqual(
    await found({
      'var/lib/dpkg/status': special('fifo'),
      'lib/apk/db/installed': symlink('installed'),
      'var/lib/rpm/Packages': dir(),
      'var/lib/dpkg/status.d': symlink('../../../nowhere'),
    }),
    [],
  );
});

test('packages of npm are folders in node_modules, and what stands beside one', async (t) => {
  t.deepEqual(
    await found({
      'app/package.json': 'x',
      'app/node_modules/a/package.json': 'x',
      'app/node_modules/a/dist/package.json': 'no package',
      'app/node_modules/a/node_modules/b/package.json': 'x',
      'app/node_modules/@s/c/package.json': 'x',
      'app/node_modules/@s/c/lib/package.json': 'no package',
      'app/node_modules/linked': symlink('../../elsewhere'),
      'app/node_modules/.pnpm/d@1/node_modules/d/package.json': 'x',
      'elsewhere/package.json': 'no package: nothing was installed here',
    }),
    [
      'npm app/node_modules/.pnpm/d@1/node_modules/d/package.json',
      'npm app/node_modules/@s/c/package.json',
      'npm app/node_modules/a/node_modules/b/package.json',
      'npm app/node_modules/a/package.json',
      'npm app/package.json',
    ],
  );
});

test('packages of Python are found wherever they are', async (t) => {
  t.deepEqual(
    await found({
      'usr/lib/python3/dist-packages/old.egg-info': 'x',
      'usr/lib/python3/dist-packages/b.egg-info/PKG-INFO': 'x',
      'opt/venv/lib/a-1.dist-info/METADATA': 'x',
      'opt/venv/lib/a-1.dist-info/RECORD': 'x',
      'opt/c.egg/EGG-INFO/PKG-INFO': 'x',
      'opt/src/METADATA': 'no package',
    }),
    [
      'python opt/c.egg/EGG-INFO/PKG-INFO',
      'python opt/venv/lib/a-1.dist-info/METADATA',
      'python usr/lib/python3/dist-packages/b.egg-info/PKG-INFO',
      'python usr/lib/python3/dist-packages/old.egg-info',
    ],
  );
});

test('an aborted search ends', async (t) => {
  await t.throwsAsync(findMetadata(tree({}), AbortSignal.abort()), { code: 'ABORTED' });
});

test('folders give the names of their packages', (t) => {
  t.is(npmFolderName(b('app/node_modules/a')), b('a'));
  t.is(npmFolderName(b('app/node_modules/@s/a')), b('@s/a'));
});
