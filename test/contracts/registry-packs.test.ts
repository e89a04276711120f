// Packs in repositories of registries of each kind, and in one that nobody here wrote: what is written is read again,
// with two requests; what others wrote is recognised.
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { gzipSync } from 'node:zlib';
import { cacheReference } from '../../src/cache/remote/cache-reference.js';
import type { PackStore, PackToPublish } from '../../src/cache/remote/pack-store.js';
import { registryPacks } from '../../src/cache/remote/registry-packs.js';
import { digestOf, type DiffId } from '../../src/core/digest.js';
import { parseReference } from '../../src/oci/reference.js';
import { MEDIA, type Descriptor } from '../../src/oci/types.js';
import type { OutgoingBlob } from '../../src/registry/writer.js';
import { hostRulesOf } from '../../src/registry/push/host-rules.js';
import { personaFor, type Persona } from '../support/personas/persona.js';
import { PERSONA_NAMES } from '../support/personas/rules.js';
import { startRealRegistry } from '../support/real-registry.js';
import { collect, makeClient } from '../support/registry-client.js';
import { loginEnv, makePushedImage, makeWriter, pushImage } from '../support/registry-writer.js';
import { testNeeding } from '../support/requirements.js';
import { startTokenServer } from '../support/token-server.js';

const { signal } = new AbortController();
const LOGIN = 'testuser:testpass';

interface Blob {
  readonly outgoing: OutgoingBlob;
  readonly layer: { readonly blob: Descriptor; readonly diffId: DiffId };
}

function blobOf(text: string): Blob {
  const tar = Buffer.from(text);
  const bytes = gzipSync(tar);
  const blob = { mediaType: MEDIA.ociLayerGzip, digest: digestOf(bytes), size: bytes.length };
  return {
    outgoing: {
      descriptor: blob,
      async *open() {
        yield bytes;
      },
    },
    layer: { blob, diffId: digestOf(tar) as DiffId },
  };
}

function packWith(text: string, blobs: readonly Blob[]): PackToPublish {
  const tar = Buffer.from(text);
  const bytes = gzipSync(tar);
  const packed = { bytes, digest: digestOf(bytes), diffId: digestOf(tar) as DiffId };
  return { packed, layers: blobs.map(({ layer }) => layer), signature: 'c2lnbmVk' };
}

function storeAt(t: ExecutionContext, ref: string, env: Readonly<Record<string, string>> = {}): PackStore {
  const now = () => Date.now() / 1000;
  return registryPacks(cacheReference(ref, undefined), {
    client: async () => makeClient(t, { env, now }).client,
    writer: async () => makeWriter(t, { env, now, rules: hostRulesOf('registry.example') }).writer,
  });
}

async function writeAndRead(t: ExecutionContext, open: () => PackStore): Promise<void> {
  const store = open();
  t.deepEqual(await store.read(signal), { kind: 'nothing' });
  const blobs = ['one', 'two'].map(blobOf);
  for (const { outgoing } of blobs) await store.putBlob(outgoing, signal);
  const pack = packWith('first', blobs);
  t.true(await store.publish(pack, undefined, signal));
  const written = store.manifest?.();

  const other = open();
  const found = await other.read(signal);
  if (found.kind !== 'pack') return t.fail();
  t.true(found.bytes.equals(pack.packed.bytes));
  t.is(found.revision, written!.digest);
  t.is(found.signature, 'c2lnbmVk');
  t.deepEqual(other.manifest?.(), written);
  const { blob } = blobs[0]!.layer;
  t.is(digestOf(await collect(other.openBlob(blob, signal))), blob.digest);

  // Two have read the same: the second one is told.
  t.true(await store.publish(packWith('second', blobs), found.revision, signal));
  t.false(await other.publish(packWith('third', blobs), found.revision, signal));
}

for (const name of PERSONA_NAMES) {
  test(`${name}: a pack is written and read`, async (t) => {
    const persona = await personaFor(t, name);
    persona.createRepository('team/cache');
    // There a 403 is the answer for what is not there, too.
    const absent = name === 'artifactory';
    if (absent) persona.fail({ method: 'GET', path: /manifests\/main$/, status: 404, body: '{}', times: 1 });
    await writeAndRead(t, () => storeAt(t, `${persona.host}/team/cache`));
    t.deepEqual(typesSent(persona), [MEDIA.ociManifest]);
  });
}

function typesSent({ log }: Persona): readonly string[] {
  const puts = log.filter(({ method, url }) => method === 'PUT' && url.includes('/manifests/'));
  return [...new Set(puts.map(({ contentType }) => String(contentType)))];
}

test('reading is two requests', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const open = () => storeAt(t, `${persona.host}/team/cache`);
  await writeAndRead(t, open);
  persona.forgetLog();
  t.is((await open().read(signal)).kind, 'pack');
  t.is(persona.log.length, 2);
});

test('what others wrote is recognised', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const image = makePushedImage('plain', [1000]);
  await pushImage(makeWriter(t).writer, `${persona.host}/team/app:1`, image);
  t.like(await storeAt(t, `${persona.host}/team/app:1`).read(signal), {
    kind: 'other',
    what: 'an image',
    revision: image.digest,
  });

  const { writer } = makeWriter(t);
  const repository = writer.repository(parseReference(`${persona.host}/team/cache`));
  const { outgoing, layer } = blobOf('{}');
  await repository.putBlob(outgoing, { signal });
  const config = { ...layer.blob, mediaType: 'application/vnd.buildkit.cacheconfig.v0' };
  const mediaType = MEDIA.ociManifest;
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }));
  await repository.putManifest({ digest: digestOf(bytes), mediaType, bytes }, 'buildkit', signal);
  t.like(await storeAt(t, `${persona.host}/team/cache:buildkit`).read(signal), {
    kind: 'other',
    what: 'a cache of BuildKit',
    isCache: true,
  });
});

test('under a digest a cache is only read', async (t) => {
  const persona = await personaFor(t, 'dist28');
  const store = storeAt(t, `${persona.host}/team/cache`);
  await writeAndRead(t, () => storeAt(t, `${persona.host}/team/cache`));
  await store.read(signal);
  const fixed = storeAt(t, `${persona.host}/team/cache@${store.manifest?.()?.digest}`);
  t.is((await fixed.read(signal)).kind, 'pack');
  await t.throwsAsync(fixed.publish(packWith('x', []), undefined, signal), { code: 'OPTION_INVALID' });
});

const withRegistry = testNeeding('registry');

withRegistry('docker-registry: a pack is written and read', async (t) => {
  const registry = await startRealRegistry();
  t.teardown(() => registry.stop());
  await writeAndRead(t, () => storeAt(t, `${registry.host}/team/cache:dev`));
});

withRegistry('docker-registry with tokens', async (t) => {
  const tokens = await startTokenServer({ login: LOGIN, lifeSeconds: 300 });
  const registry = await startRealRegistry({ tokens });
  t.teardown(async () => {
    await registry.stop();
    await tokens.close();
  });
  const env = loginEnv([registry.host, LOGIN]);
  await writeAndRead(t, () => storeAt(t, `${registry.host}/team/cache:dev`, env));
});
