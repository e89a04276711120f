// A name of the store that stands for an index: what is found of it, platform by platform.
import test, { type ExecutionContext } from 'ava';
import type { Digest } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { findLocalImage, openLocalImage, openLocalImages } from '../../../src/images/local-image.js';
import { summariseImages } from '../../../src/images/image-summary.js';
import { bestEntry, imageEntries, isIndex, readStoredIndex } from '../../../src/images/stored-entries.js';
import { writeIndex } from '../../../src/oci/index-json.js';
import { parsePlatform, platformOfNode } from '../../../src/oci/platform.js';
import { MEDIA, type Descriptor } from '../../../src/oci/types.js';
import { nameImage } from '../../../src/store/image-names.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { putStoreImage } from '../../support/store-image.js';
import { tempDir } from '../../support/temp-store.js';

const local = platformOfNode('x64');
const platform = (text: string) => parsePlatform(text, local);

interface Scene {
  readonly store: Store;
  readonly root: Descriptor;
  readonly ids: readonly Digest[];
}

/** An index of arm/v6 and s390x, with an attestation. */
async function scene(t: ExecutionContext): Promise<Scene> {
  const store = openStore(tempDir(t));
  const images = [];
  for (const [architecture, variant] of [['arm', 'v6'], ['s390x']] as const) {
    const own = { architecture, os: 'linux', ...(variant && { variant }) };
    const made = await putStoreImage(store, architecture, [], { config: own });
    images.push({ ...made, manifest: { ...made.manifest, platform: own } });
  }
  const attestation = await putStoreImage(store, 'attestation', []);
  const { descriptor, bytes } = writeIndex({
    mediaType: MEDIA.ociIndex,
    manifests: [
      ...images.map(({ manifest }) => manifest),
      {
        ...attestation.manifest,
        platform: { architecture: 'unknown', os: 'unknown' },
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      },
    ],
  });
  await store.putSmallBlobs([bytes]);
  await nameImage(store.paths, descriptor, ['docker.io/library/app:1']);
  return { store, root: descriptor, ids: images.map(({ id }) => id) };
}

test('entries are the images alone, and the best of them is that for the platform, or a lesser variant', async (t) => {
  const { store, root } = await scene(t);
  t.true(isIndex(root));
  const entries = imageEntries(store, root);
  t.deepEqual(
    entries.map((entry) => entry.platform?.architecture),
    ['arm', 's390x'],
  );
  t.is(bestEntry(entries, platform('linux/arm/v7')), entries[0]);
  t.is(bestEntry(entries, platform('linux/s390x')), entries[1]);
  t.is(bestEntry(entries, platform('linux/riscv64')), undefined);
  t.is(bestEntry([{ ...entries[0]!, platform: undefined as never }], local)?.digest, entries[0]!.digest);
  t.deepEqual(imageEntries(store, entries[0]!), [entries[0]!]);
  t.is(
    readStoredIndex(store, { ...root, digest: entries[0]!.digest.replace(/.$/, 'x') as never }),
    undefined,
  );
});

test('a name opens as the image that is asked for, by default as the first one that there is', async (t) => {
  const { store, root, ids } = await scene(t);
  const found = findLocalImage(store, 'app:1');
  t.is(openLocalImage(store, found, { platform: platform('linux/s390x') }).configDigest, ids[1]!);
  t.is(openLocalImage(store, found).configDigest, ids[0]!);
  t.deepEqual(
    openLocalImages(store, found).map(({ configDigest }) => configDigest),
    ids,
  );
  const error = t.throws(() => openLocalImage(store, found, { platform: platform('linux/riscv64') }), {
    instanceOf: TsbuildError,
    code: 'REGISTRY_PLATFORM',
  });
  t.is(error?.message, 'app:1 is for linux/arm/v6, linux/s390x, and not for linux/riscv64');
  // Its id is the digest of the index.
  t.is(findLocalImage(store, root.digest.slice(7, 19)).manifest.digest, root.digest);
});

test('it is one line of a list', async (t) => {
  const { store, root } = await scene(t);
  const { images, damaged } = summariseImages(store);
  t.deepEqual(damaged, []);
  t.is(images.length, 1);
  t.like(images[0], {
    name: 'docker.io/library/app:1',
    id: root.digest,
    digest: root.digest,
    platform: 'linux/arm/v6, linux/s390x',
    size: 2000,
  });
});

test('an index that is gone is said to be', async (t) => {
  const { store, root } = await scene(t);
  const found = {
    ...findLocalImage(store, 'app:1'),
    manifest: { ...root, digest: `${root.digest}0` as never },
  };
  t.throws(() => openLocalImage(store, found), { instanceOf: TsbuildError, code: 'STORE_CORRUPT' });
});
