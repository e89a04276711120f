// What is on the disk, and in which order, when an image has its name: a power loss leaves no name without its image.
import test from 'ava';
import fs, { readlinkSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { digestOf } from '../../../src/core/digest.js';
import { MEDIA } from '../../../src/oci/types.js';
import { findImage, nameImage } from '../../../src/store/image-names.js';
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
