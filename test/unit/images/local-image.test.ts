// How users name an image of the store, and what they are told when there is none.
import test, { type ExecutionContext } from 'ava';
import { rmSync, writeFileSync } from 'node:fs';
import { hexOf, type Digest } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { findLocalImage, localImages, openLocalImage } from '../../../src/images/local-image.js';
import { nameImage, withRegistryDigest } from '../../../src/store/image-names.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { putStoreImage } from '../../support/store-image.js';
import { tempDir } from '../../support/temp-store.js';

const APP = 'docker.io/library/app:1';
const WEB = 'registry.test/team/web:latest';

async function filled(t: ExecutionContext) {
  const store = openStore(tempDir(t));
  const app = await putStoreImage(store, 'app', [APP, 'docker.io/library/app:stable']);
  const web = await putStoreImage(store, 'web', [WEB]);
  return { store, app, web };
}

function failure(t: ExecutionContext, store: Store, text: string): TsbuildError {
  return t.throws(() => findLocalImage(store, text), { instanceOf: TsbuildError })!;
}

test('by name, short or whole, with latest left out', async (t) => {
  const { store, app, web } = await filled(t);
  for (const text of ['app:1', 'library/app:1', 'docker.io/library/app:1', 'index.docker.io/library/app:1'])
    t.like(findLocalImage(store, text), { name: APP, manifest: { digest: app.manifest.digest } }, text);
  t.like(findLocalImage(store, 'registry.test/team/web'), {
    name: WEB,
    manifest: { digest: web.manifest.digest },
  });
});

test('by the beginning of the id, by the whole id and by the digest of the manifest', async (t) => {
  const { store, app } = await filled(t);
  const digits = hexOf(app.id);
  for (const text of [
    app.id,
    digits,
    digits.slice(0, 12),
    `sha256:${digits.slice(0, 6)}`,
    app.manifest.digest,
  ])
    t.is(findLocalImage(store, text).manifest.digest, app.manifest.digest, text);
  t.is(findLocalImage(store, digits).name, undefined);
});

test('a name comes before an id', async (t) => {
  const { store, app, web } = await filled(t);
  const digits = hexOf(app.id).slice(0, 12);
  await nameImage(store.paths, web.manifest, [`docker.io/library/${digits}:latest`]);
  t.is(findLocalImage(store, digits).manifest.digest, web.manifest.digest);
  t.is(findLocalImage(store, app.id).manifest.digest, app.manifest.digest);
});

test('a repository with a digest: that of the manifest, or the one the registry gave', async (t) => {
  const { store, app } = await filled(t);
  const index = `sha256:${'ab'.repeat(32)}` as Digest;
  const name = 'docker.io/library/pulled:1';
  await nameImage(store.paths, withRegistryDigest(app.manifest, index), [name]);
  t.is(findLocalImage(store, `pulled@${index}`).name, name);
  t.is(findLocalImage(store, index).manifest.digest, app.manifest.digest);
  t.is(findLocalImage(store, `app@${app.manifest.digest}`).name, APP);
  t.is(failure(t, store, `web@${app.manifest.digest}`).code, 'IMAGE_NOT_FOUND');
});

test('names of one image are listed together', async (t) => {
  const { store, app } = await filled(t);
  const [first, second] = localImages(store);
  t.is(first?.manifest.digest, app.manifest.digest);
  t.deepEqual(
    first?.names.map(({ name }) => name),
    [APP, 'docker.io/library/app:stable'],
  );
  t.is(second?.names.length, 1);
});

test('no such image: the other tags of the repository, else a name that is nearly the same', async (t) => {
  const { store } = await filled(t);
  const { code, message, hint } = failure(t, store, 'app:2');
  t.is(code, 'IMAGE_NOT_FOUND');
  t.is(message, 'no such image in the store: app:2 (did you mean app:1 or app:stable?)');
  t.is(hint, 'tsbuild images lists those that are there; tsbuild pull app:2 brings one in');
  t.regex(failure(t, store, 'ap').message, /\(did you mean app:1 or app:stable\?\)$/);
  t.regex(
    failure(t, store, 'registry.test/team/wbe').message,
    /\(did you mean registry\.test\/team\/web:latest\?\)$/,
  );
  t.is(failure(t, store, 'nothing-like-it').message, 'no such image in the store: nothing-like-it');
  t.is(failure(t, store, `sha256:${'0'.repeat(64)}`).hint, 'tsbuild images lists those that are there');
});

test('an id that begins several is refused with their names, fewer than four digits are no id', async (t) => {
  const { store } = await filled(t);
  // Sixteen images and more have two ids that begin with one digit, but only four digits are an id.
  const wanted = new Map<string, string>();
  for (let seed = 0; ; seed++) {
    const { id } = await putStoreImage(store, `${seed}`, []);
    const prefix = hexOf(id).slice(0, 4);
    const other = wanted.get(prefix);
    if (other === undefined) {
      wanted.set(prefix, `${seed}`);
      continue;
    }
    await putStoreImage(store, other, ['docker.io/library/one:1']);
    await putStoreImage(store, `${seed}`, ['docker.io/library/two:1']);
    const { code, message, hint } = failure(t, store, prefix);
    t.is(code, 'OPTION_INVALID');
    t.is(message, `the ids of several images begin with ${prefix}: one:1, two:1`);
    t.is(hint, 'write more of the id, or a name');
    t.is(failure(t, store, prefix.slice(0, 3)).code, 'IMAGE_NOT_FOUND');
    return;
  }
});

test('what is no name', async (t) => {
  const { store } = await filled(t);
  for (const text of ['App:1', '', 'a b', '../x', 'app:', `app@sha256:12`]) {
    const { code, message } = failure(t, store, text);
    t.is(code, 'OPTION_INVALID', text);
    t.true(message.startsWith(`${JSON.stringify(text)} is not the name of an image: `), message);
  }
});

test('an image whose documents are gone or damaged is named, and others are still found', async (t) => {
  const { store, app, web } = await filled(t);
  const open = () => openLocalImage(store, findLocalImage(store, 'app:1'));
  t.is(open().configDigest, app.id);
  writeFileSync(store.paths.blob(app.id), '{}');
  t.like(t.throws(open), {
    code: 'STORE_CORRUPT',
    hint: 'build or pull it again, or remove its name: tsbuild rmi app:1',
  });
  rmSync(store.paths.blob(app.manifest.digest));
  t.regex(t.throws(open)!.message, /^app:1: its manifest sha256:[0-9a-f]{64} is not in the store/);
  t.is(findLocalImage(store, web.id).name, undefined);
});

test('layers that lie there as a tar are as if made here', async (t) => {
  const { store } = await filled(t);
  const [layer] = openLocalImage(store, findLocalImage(store, 'app:1')).layers;
  t.is(layer?.source, undefined);
  t.is(layer?.descriptor.size, 1000);
});
