// Pulling: what is asked for, what is in the store when the name is there, and what is left when it fails.
import test, { type ExecutionContext } from 'ava';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pull, type PulledImage } from '../../../src/api/pull.js';
import { build } from '../../../src/build.js';
import type { BuildOptions } from '../../../src/build-options.js';
import type { Digest } from '../../../src/core/digest.js';
import { MEDIA } from '../../../src/oci/types.js';
import { listNames } from '../../../src/store/image-names.js';
import { storePaths } from '../../../src/store/store-paths.js';
import { makeEvilImage, type BuiltEvilImage } from '../../support/evil-image.js';
import { answer, startFakeRegistry, stall, type FakeRegistry } from '../../support/fake-registry.js';
import { tempDir } from '../../support/temp-store.js';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };

function image(seed: string, config: Readonly<Record<string, unknown>> = AMD64): BuiltEvilImage {
  const layers = ['one', 'two', 'three'].map((name) => [{ name, content: `${seed} ${name}` }]);
  return makeEvilImage({ layers, config });
}

interface World {
  readonly registry: FakeRegistry;
  readonly store: string;
  /** @param name without the host: `team/app:1` */
  put(name: string, built: BuiltEvilImage): void;
  pull(name: string, options?: BuildOptions & { readonly platform?: typeof AMD64 }): Promise<PulledImage>;
  /** What was asked for since the last call, without whether the registry is one. */
  asked(): readonly string[];
  /** Each name in the store without the host, and its manifest. */
  names(): readonly string[];
}

async function world(t: ExecutionContext): Promise<World> {
  const registry = await startFakeRegistry();
  t.teardown(() => registry.close());
  const store = tempDir(t);
  const env = { HOME: store, TSBUILD_ROOT: store };
  return {
    registry,
    store,
    put(name, { blobs, document }) {
      for (const bytes of blobs.values()) registry.putBlob(bytes);
      const [repository, tag] = name.split(':');
      registry.putManifest(repository!, document, {
        type: MEDIA.ociManifest,
        ...(tag !== undefined && { tag }),
      });
    },
    pull: (name, { platform = AMD64, ...options } = {}) =>
      pull({ image: `${registry.host}/${name}`, platform }, { env, ...options }),
    asked: () =>
      registry.requests
        .splice(0)
        .map(({ method, url }) => `${method} ${url.replace(/^\/v2\//, '')}`)
        .filter((line) => line !== 'GET '),
    names: () =>
      listNames(storePaths(store)).map(
        (each) => `${each.name?.slice(registry.host.length + 1)} ${each.image.digest}`,
      ),
  };
}

const layersOf = ({ document }: BuiltEvilImage) =>
  (document['layers'] as readonly { readonly digest: Digest }[]).map(({ digest }) => digest);

test('all layers are there when the name is, and a second pull asks for the tag alone', async (t) => {
  const { put, pull, asked, names, store } = await world(t);
  const built = image('a');
  put('team/app:1', built);
  const first = await pull('team/app:1');
  t.true(first.isNew);
  t.is(first.registryDigest, first.digest);
  t.deepEqual(names(), [`team/app:1 ${first.digest}`]);
  for (const digest of layersOf(built)) t.true(existsSync(storePaths(store).blob(digest)));
  t.is(asked().filter((line) => line.includes('/blobs/')).length, 4);
  const second = await pull('team/app:1');
  t.deepEqual(second, { ...first, isNew: false });
  t.deepEqual(asked(), ['GET team/app/manifests/1']);
});

test('a tag that moved: only what is missing is fetched, and the name moves', async (t) => {
  const { put, pull, asked, names } = await world(t);
  put('app:latest', image('a'));
  const first = await pull('app');
  const one = image('a');
  const next = makeEvilImage({
    layers: [[{ name: 'one', content: 'a one' }], [{ name: 'other', content: 'b' }]],
    config: AMD64,
  });
  t.is(layersOf(next)[0], layersOf(one)[0]);
  put('app:latest', next);
  asked();
  const second = await pull('app');
  t.true(second.isNew);
  t.not(second.digest, first.digest);
  t.deepEqual(names(), [`app:latest ${second.digest}`]);
  // The config and the layer that is new.
  t.is(asked().filter((line) => line.includes('/blobs/')).length, 2);
});

test('of an index the image for the platform, under the digest of the index', async (t) => {
  const { put, pull, registry, names } = await world(t);
  const [amd64, arm64] = [image('a'), image('b', ARM64)];
  const manifests = [amd64, arm64].map((built, i) => {
    put('app', built);
    const bytes = Buffer.from(JSON.stringify(built.document));
    const digest = registry.putManifest('app', built.document, { type: MEDIA.ociManifest });
    return { mediaType: MEDIA.ociManifest, digest, size: bytes.length, platform: [AMD64, ARM64][i] };
  });
  const index = registry.putManifest(
    'app',
    { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests },
    { type: MEDIA.ociIndex, tag: '1' },
  );
  t.like(await pull('app:1', { platform: ARM64 }), { registryDigest: index, digest: manifests[1]!.digest });
  t.like(await pull('app:1'), { registryDigest: index, digest: manifests[0]!.digest });
  t.deepEqual(names(), [`app:1 ${manifests[0]!.digest}`]);
  const byDigest = await pull(`app@${index}`);
  t.is(byDigest.name, `${registry.host}/app@${index}`);
  t.is(byDigest.digest, manifests[0]!.digest as Digest);
  t.like(await t.throwsAsync(pull('app:1', { platform: { os: 'linux', architecture: 's390x' } })), {
    code: 'REGISTRY_PLATFORM',
  });
});

test('a build uses what was pulled without the network, and asks again with pull', async (t) => {
  const { put, pull, asked, registry, store } = await world(t);
  put('app:1', image('a'));
  await pull('app:1');
  asked();
  const dockerfileText = `FROM ${registry.host}/app:1\nENV A=b\n`;
  const options = { env: { HOME: store, TSBUILD_ROOT: store } };
  const request = { context: store, dockerfileText, platform: AMD64 };
  const first = await build(request, options);
  t.deepEqual(asked(), []);
  put('app:1', image('b'));
  const second = await build({ ...request, pull: true }, options);
  t.not(second.configDigest, first.configDigest);
  t.deepEqual(asked().slice(0, 1), ['GET app/manifests/1']);
  // What the registry said last counts.
  t.is((await build(request, options)).configDigest, second.configDigest);
});

test('a pull that fails leaves the name as it was, and the next one fetches the rest', async (t) => {
  const { put, pull, registry, names, store, asked } = await world(t);
  put('app:1', image('a'));
  const first = await pull('app:1');
  const built = image('b');
  put('app:1', built);
  const [, second] = layersOf(built);
  registry.on(new RegExp(`blobs/${second}`), answer(404, {}, {}), { times: 1 });
  await t.throwsAsync(pull('app:1'), { code: 'REGISTRY_NOT_FOUND' });
  t.deepEqual(names(), [`app:1 ${first.digest}`]);
  t.deepEqual(
    readdirSync(join(store, 'v1', 'tmp')).filter((name) => name.startsWith('tmp-')),
    [],
  );
  asked();
  t.true((await pull('app:1')).isNew);
  t.true(asked().length <= 1 + 3);
});

test('an interrupted pull ends at once and leaves nothing', async (t) => {
  const { put, pull, registry, names, store } = await world(t);
  const built = image('a');
  put('app:1', built);
  const controller = new AbortController();
  registry.on(new RegExp(`blobs/${layersOf(built)[1]}`), (request, response, serve) => {
    stall({ 'content-length': '1000000' }, 'x')(request, response, serve);
    controller.abort();
  });
  await t.throwsAsync(pull('app:1', { signal: controller.signal }), { code: 'ABORTED' });
  t.deepEqual(names(), []);
  t.deepEqual(
    readdirSync(join(store, 'v1', 'tmp')).filter((name) => name.startsWith('tmp-')),
    [],
  );
});

test('what is no name is refused before anything is asked', async (t) => {
  const { asked } = await world(t);
  await t.throwsAsync(pull({ image: 'App' }, { env: { TSBUILD_ROOT: tempDir(t) } }), {
    code: 'OPTION_INVALID',
  });
  t.deepEqual(asked(), []);
});
