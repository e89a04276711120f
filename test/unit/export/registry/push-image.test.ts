// In which order the parts of an image come to its names.
import test from 'ava';
import { digestOf } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { createImagePush } from '../../../../src/export/registry/push-image.js';
import { parseImageName, parseReference } from '../../../../src/oci/reference.js';
import { MEDIA } from '../../../../src/oci/types.js';
import type { OutgoingBlob, OutgoingManifest } from '../../../../src/registry/writer.js';
import { createMemoryRegistry } from '../../../support/memory-registry.js';

const { signal } = new AbortController();

function blobOf(text: string): OutgoingBlob {
  const bytes = Buffer.from(text);
  return {
    descriptor: { mediaType: MEDIA.ociLayer, digest: digestOf(bytes), size: bytes.length },
    async *open() {
      yield bytes;
    },
  };
}

const [layer, config] = [blobOf('layer'), blobOf('config')];
const bytes = Buffer.from(JSON.stringify({ config: config.descriptor, layers: [layer.descriptor] }));
const manifest: OutgoingManifest = { digest: digestOf(bytes), mediaType: MEDIA.ociManifest, bytes };
const namely = (_name: unknown, put: () => Promise<void>) => put();

test('a blob goes once to each registry and is mounted there; the first name is put last', async (t) => {
  const registry = createMemoryRegistry();
  const names = ['r.test/a:1', 'r.test/a:2', 'r.test/b:1', 's.test/a:1'].map(parseImageName);
  const push = createImagePush(registry, names, { signal });
  await Promise.all([push.blob(layer), push.blob(layer), push.blob(config)]);
  await push.manifest(manifest, namely);
  const { digest } = layer.descriptor;
  t.deepEqual(registry.log.filter((line) => line.includes(digest)).toSorted(), [
    `mounted ${digest} from r.test/a to r.test/b`,
    `sent ${digest} to r.test/a`,
    `sent ${digest} to s.test/a`,
  ]);
  const puts = registry.log.filter((line) => line.startsWith('put'));
  t.deepEqual(puts.slice(0, -1).toSorted(), ['put r.test/a:2', 'put r.test/b:1', 'put s.test/a:1']);
  t.is(puts.at(-1), 'put r.test/a:1');
  t.is(registry.log.lastIndexOf(puts[0]!), registry.log.length - puts.length);
});

test('a name without a tag is put under the digest', async (t) => {
  const registry = createMemoryRegistry();
  const push = createImagePush(registry, [parseReference('r.test/a')], { signal });
  await Promise.all([push.blob(layer), push.blob(config)]);
  await push.manifest(manifest, namely);
  t.deepEqual([...registry.manifests.keys()], [`r.test/a@${manifest.digest}`]);
});

test('when one of several names fails the first one stays as it was', async (t) => {
  const registry = createMemoryRegistry();
  registry.refuse = (entry) => {
    if (entry === 'put r.test/b:1') throw new TsbuildError('REGISTRY_UNAUTHORIZED', 'r.test/b: denied');
  };
  const names = ['r.test/a:1', 'r.test/b:1'].map(parseImageName);
  const push = createImagePush(registry, names, { signal });
  await Promise.all([push.blob(layer), push.blob(config)]);
  await t.throwsAsync(push.manifest(manifest, namely), { message: 'r.test/b: denied' });
  t.deepEqual([...registry.manifests], []);
});

test('bytes that left are told with their repository', async (t) => {
  const told: unknown[] = [];
  const push = createImagePush(createMemoryRegistry(), [parseImageName('r.test/a:1')], {
    signal,
    onSent: (blob, repository, sent) => told.push([blob.descriptor.digest, repository.path, sent]),
  });
  await push.blob(layer);
  t.deepEqual(told, [[layer.descriptor.digest, 'a', 5]]);
});

test('a part of an index is put into each repository under its digest, where it is not yet', async (t) => {
  const registry = createMemoryRegistry();
  const names = ['r.test/a:1', 'r.test/a:2', 'r.test/b:1'].map(parseImageName);
  const first = createImagePush(registry, names, { signal });
  await Promise.all([first.blob(layer), first.blob(config)]);
  await first.part(manifest);
  const puts = () => registry.log.filter((line) => line.startsWith('put')).toSorted();
  const byDigest = ['a', 'b'].map((name) => `put r.test/${name}@${manifest.digest}`);
  t.deepEqual(puts(), byDigest);
  const second = createImagePush(registry, names, { signal });
  await Promise.all([second.blob(layer), second.blob(config)]);
  await second.part(manifest);
  t.deepEqual(puts(), byDigest);
});
