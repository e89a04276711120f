// What is on the disk, and in which order, when an image has its name: a power loss leaves no name without its image.
import test from 'ava';
import { execFile } from 'node:child_process';
import fs, { readlinkSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { digestOf } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { MEDIA } from '../../../src/oci/types.js';
import {
  findImage,
  listNameless,
  listNames,
  nameImage,
  unnameImages,
  withRegistryDigest,
} from '../../../src/store/image-names.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

/** What was synced and renamed, in its order. */
const happened: string[] = [];
const nameOf = (fd: number): string =>
  basename(readlinkSync(`/proc/self/fd/${fd}`)).replace(/^tmp-.*/, 'a temporary file');
const { fsync, fsyncSync, renameSync } = fs;
fs.fsync = Object.assign((fd: number, done: fs.NoParamCallback) => {
  const name = nameOf(fd);
  fsync(fd, (error) => {
    happened.push(`${name} synced`);
    done(error);
  });
}, fsync);
fs.fsyncSync = (fd) => {
  fsyncSync(fd);
  happened.push(`${nameOf(fd)} synced`);
};
fs.renameSync = (from, to) => {
  renameSync(from, to);
  happened.push(`${basename(String(to))} renamed`);
};
syncBuiltinESMExports();

test.serial(
  'the names of blobs are on the disk before the name of their image, which is there in the end',
  async (t) => {
    const { paths, putSmallBlobs } = openStore(tempDir(t));
    const bytes = Buffer.from('{}');
    const image = { mediaType: MEDIA.ociManifest, digest: digestOf(bytes), size: bytes.length };
    await putSmallBlobs([bytes]);
    happened.length = 0;
    await nameImage(paths, image, ['docker.io/library/x:1']);
    t.deepEqual(happened, ['sha256 synced', 'a temporary file synced', 'index.json renamed', 'oci synced']);
    t.like(findImage(paths, 'docker.io/library/x:1'), image);
  },
);

test.serial('an image that has its names already is not waited for', async (t) => {
  const { paths } = openStore(tempDir(t));
  const image = { mediaType: MEDIA.ociManifest, digest: digestOf('x'), size: 1 };
  await nameImage(paths, image, ['docker.io/library/x:1']);
  happened.length = 0;
  await nameImage(paths, image, ['docker.io/library/x:1']);
  await nameImage(paths, image, []);
  t.deepEqual(happened, []);
});

test.serial('names are listed with what the registry called them, and removed alone', async (t) => {
  const { paths } = openStore(tempDir(t));
  const image = { mediaType: MEDIA.ociManifest, digest: digestOf('x'), size: 1 };
  const registryDigest = digestOf('an index');
  await nameImage(paths, withRegistryDigest(image, registryDigest), ['docker.io/library/x:1']);
  await nameImage(paths, image, ['docker.io/library/y:1']);
  t.deepEqual(listNames(paths), [
    { name: 'docker.io/library/x:1', image, registryDigest },
    { name: 'docker.io/library/y:1', image },
  ]);
  const removed = await unnameImages(paths, ['docker.io/library/x:1', 'docker.io/library/none:1']);
  t.deepEqual(removed, ['docker.io/library/x:1']);
  t.deepEqual(listNames(paths), [{ name: 'docker.io/library/y:1', image }]);
});

test.serial('a name of a pulled image that is built here loses the digest of the registry', async (t) => {
  const { paths } = openStore(tempDir(t));
  const image = { mediaType: MEDIA.ociManifest, digest: digestOf('x'), size: 1 };
  await nameImage(paths, withRegistryDigest(image, digestOf('an index')), ['docker.io/library/x:1']);
  await nameImage(paths, image, ['docker.io/library/x:1']);
  t.deepEqual(listNames(paths), [{ name: 'docker.io/library/x:1', image }]);
});

test.serial('a file that is no index of images is damage, and is not replaced', async (t) => {
  const { paths } = openStore(tempDir(t));
  const path = join(paths.oci, 'index.json');
  for (const text of ['', '{}', '[]', 'null', '{"schemaVersion":2,"manifests":[{"digest":"sha256:1"}]}']) {
    fs.writeFileSync(path, text);
    t.is(t.throws(() => listNames(paths), { instanceOf: TsbuildError })?.code, 'STORE_CORRUPT', text);
    await t.throwsAsync(unnameImages(paths, ['docker.io/library/x:1']), { code: 'STORE_CORRUPT' });
    t.is(fs.readFileSync(path, 'utf8'), text);
  }
});

test.serial('processes that name and remove at once lose no name', async (t) => {
  const root = tempDir(t);
  const { paths } = openStore(root);
  const image = { mediaType: MEDIA.ociManifest, digest: digestOf('x'), size: 1 };
  await nameImage(paths, image, ['docker.io/library/kept:1']);
  const modules = new URL('../../../src/store/', import.meta.url).href;
  const program = `
    const { nameImage, unnameImages } = await import('${modules}image-names.js');
    const { openStore } = await import('${modules}store.js');
    const { paths } = openStore(${JSON.stringify(root)});
    for (let i = 0; i < 10; i++) {
      await nameImage(paths, ${JSON.stringify(image)}, [process.argv[1] + ':' + i]);
      if (i % 2 === 1) await unnameImages(paths, [process.argv[1] + ':' + i]);
    }`;
  const run = (name: string): Promise<unknown> =>
    promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      program,
      `docker.io/library/${name}`,
    ]);
  await Promise.all(['a', 'b', 'c'].map(run));
  const expected = ['a', 'b', 'c'].flatMap((name) =>
    [0, 2, 4, 6, 8].map((tag) => `docker.io/library/${name}:${tag}`),
  );
  t.deepEqual(
    listNames(paths)
      .map(({ name }) => name)
      .toSorted(),
    [...expected, 'docker.io/library/kept:1'].toSorted(),
  );
});

test.serial('an image without a name is listed once', async (t) => {
  const { paths, putSmallBlobs } = openStore(tempDir(t));
  const bytes = Buffer.from('{}');
  const image = { mediaType: MEDIA.ociManifest, digest: digestOf(bytes), size: bytes.length };
  await putSmallBlobs([bytes]);
  await listNameless(paths, image);
  await listNameless(paths, image);
  t.deepEqual(listNames(paths), [{ image }]);
  await nameImage(paths, image, ['docker.io/library/app:1']);
  await listNameless(paths, image);
  t.is(listNames(paths).length, 2);
});
