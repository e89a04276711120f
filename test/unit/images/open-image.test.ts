// Layers of an image of the store are had from a repository that has them.
import test from 'ava';
import { digestOf, type Digest } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { openImage } from '../../../src/images/open-image.js';
import { parseReference, repositoryName } from '../../../src/oci/reference.js';
import { MEDIA } from '../../../src/oci/types.js';
import type { RegistryClient } from '../../../src/registry/client.js';
import { rememberBlobs } from '../../../src/store/known-blobs.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const { signal } = new AbortController();
const BLOB = Buffer.from('layer');
const layer = { mediaType: MEDIA.ociLayerGzip, digest: digestOf(BLOB), size: BLOB.length };

/** A client of registries of which one repository has the blob. */
function clientOf(holder: string, asked: string[]): RegistryClient {
  const never = () => Promise.reject(new Error('not asked for'));
  return {
    resolve: never,
    fetchManifest: never,
    async *fetchBlob(reference) {
      asked.push(repositoryName(reference));
      if (repositoryName(reference) !== holder)
        throw new TsbuildError('REGISTRY_NOT_FOUND', `${repositoryName(reference)}: not found`);
      yield BLOB;
    },
  };
}

async function scene(t: Parameters<typeof tempDir>[0], holder: string) {
  const store = openStore(tempDir(t));
  const rootfs = { type: 'layers', diff_ids: [digestOf('tar')] };
  const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs }));
  const described = { mediaType: MEDIA.ociConfig, digest: digestOf(config), size: config.length };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: described, layers: [layer] }));
  await store.putSmallBlobs([config, manifest]);
  const asked: string[] = [];
  const options = { store, registry: async () => clientOf(holder, asked) };
  const image = openImage(options, parseReference('r.test/app:1'), digestOf(manifest));
  const read = async (): Promise<string> => {
    let text = '';
    for await (const chunk of image!.layers[0]!.source!.open(layer, signal)) text += chunk.toString();
    return text;
  };
  return { store, options, image: image!, asked, read };
}

test('the repository of its name is the first to be asked, then one where the blob was seen', async (t) => {
  const own = await scene(t, 'r.test/app');
  rememberBlobs(own.store.paths, parseReference('r.test/base'), [layer.digest]);
  t.is(await own.read(), 'layer');
  t.deepEqual(own.asked, ['r.test/app']);
  t.is(repositoryName(own.image.layers[0]!.source!.repository!), 'r.test/app');

  const other = await scene(t, 's.test/base');
  rememberBlobs(other.store.paths, parseReference('s.test/base'), [layer.digest]);
  t.is(await other.read(), 'layer');
  t.deepEqual(other.asked, ['r.test/app', 's.test/base']);
});

test('when none has it, the failure is that of its own repository', async (t) => {
  const { store, read } = await scene(t, 'nowhere.test/x');
  rememberBlobs(store.paths, parseReference('s.test/base'), [layer.digest]);
  await t.throwsAsync(read, { message: 'r.test/app: not found' });
});

test('without its documents there is no image', async (t) => {
  const { options } = await scene(t, '');
  t.is(openImage(options, parseReference('r.test/app:1'), undefined), undefined);
  t.is(openImage(options, parseReference('r.test/app:1'), digestOf('other') as Digest), undefined);
});
