import test from 'ava';
import { digestOf, type Digest } from '../../../src/core/digest.js';
import { parsePlatform, platformOfNode } from '../../../src/oci/platform.js';
import { parseDocument } from '../../../src/registry/document.js';
import { selectImage, type NamedDocument } from '../../../src/registry/select-image.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const local = platformOfNode('x64');

/** Documents in memory, and what was read of them. */
function library() {
  const blobs = new Map<string, Buffer>();
  const configsRead: string[] = [];
  const put = (value: object, mediaType: string) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const image = (platform: string) => {
    const [os, architecture, variant] = platform.split('/');
    const config = put(
      { os, architecture, ...(variant ? { variant } : {}), rootfs: { type: 'layers', diff_ids: [] } },
      'application/vnd.oci.image.config.v1+json',
    );
    return put({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [] }, MANIFEST);
  };
  const index = (manifests: object[]) => put({ schemaVersion: 2, mediaType: INDEX, manifests }, INDEX);
  const readManifest = async (digest: Digest): Promise<NamedDocument> => {
    const bytes = blobs.get(digest)!;
    return { digest, bytes, document: parseDocument(bytes, '', 'x') };
  };
  const readConfig = async ({ digest }: { readonly digest: string }) => {
    const bytes = blobs.get(digest)!;
    configsRead.push(JSON.parse(bytes.toString()).architecture);
    return bytes;
  };
  const find = async (start: { readonly digest: string }, wanted: string) => {
    const source = { name: 'x', readManifest, readConfig };
    const found = await selectImage(
      await readManifest(start.digest as Digest),
      parsePlatform(wanted, local),
      source,
    );
    return JSON.parse(Buffer.from(found.configBytes).toString()).architecture as string;
  };
  return { image, index, find, configsRead };
}

test('entries that name no platform are judged by their configs, in order, until one is exact', async (t) => {
  const { image, index, find, configsRead } = library();
  const top = index([image('linux/arm64'), image('linux/amd64'), image('linux/s390x')]);
  t.is(await find(top, 'linux/amd64'), 'amd64');
  t.deepEqual(configsRead, ['arm64', 'amd64']);
});

test('among unnamed entries an exact one wins over a lesser one before it', async (t) => {
  const { image, index, find } = library();
  t.is(await find(index([image('linux/386'), image('linux/amd64')]), 'linux/amd64'), 'amd64');
  t.is(await find(index([image('linux/386'), image('linux/arm64')]), 'linux/amd64'), '386');
});

test('an entry that names the platform is taken without asking those that name none', async (t) => {
  const { image, index, find, configsRead } = library();
  const named = { ...image('linux/amd64'), platform: { os: 'linux', architecture: 'amd64' } };
  t.is(await find(index([image('linux/arm64'), named]), 'linux/amd64'), 'amd64');
  t.deepEqual(configsRead, ['amd64']);
});

test('no config for the platform is REGISTRY_PLATFORM, and lists what there is', async (t) => {
  const { image, index, find } = library();
  const top = index([image('linux/arm64'), image('linux/arm/v7')]);
  await t.throwsAsync(find(top, 'linux/amd64'), {
    code: 'REGISTRY_PLATFORM',
    message: 'no match for platform in manifest: not found',
  });
});

test('a single unnamed image of another platform is not taken', async (t) => {
  const { image, index, find } = library();
  await t.throwsAsync(find(index([image('linux/arm64')]), 'linux/amd64'), { code: 'REGISTRY_PLATFORM' });
});

test('an index in an index is followed by its platform, and not for ever', async (t) => {
  const { image, index, find } = library();
  const platform = { os: 'linux', architecture: 'amd64' };
  let top: object = { ...image('linux/amd64'), platform };
  for (let depth = 0; depth < 3; depth++) top = { ...index([top]), platform };
  t.is(await find(index([top]), 'linux/amd64'), 'amd64');
  await t.throwsAsync(find(index([{ ...index([top]), platform }]), 'linux/amd64'), {
    code: 'REGISTRY_PROTOCOL',
  });
});

test('only so many configs are asked for', async (t) => {
  const { image, index, find, configsRead } = library();
  const top = index(Array.from({ length: 200 }, (_, i) => image(`linux/other${i}`)));
  await t.throwsAsync(find(top, 'linux/amd64'), { code: 'REGISTRY_PLATFORM' });
  t.true(configsRead.length <= 64);
});
