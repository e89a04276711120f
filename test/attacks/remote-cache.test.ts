// Remote caches that were made to put other files into an image, to reach out of the store, or to exhaust the machine:
// the image is the one of a build without a cache.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { decodePack } from '../../src/cache/remote/pack-format.js';
import { openPack, packRecords } from '../../src/cache/remote/pack-source.js';
import { createPackFaults } from '../../src/cache/remote/pack-faults.js';
import { digestOf, hexOf } from '../../src/core/digest.js';
import { layerLimits } from '../../src/layer/limits.js';
import { MEDIA, type ImageConfig, type ImageIndex, type ImageManifest } from '../../src/oci/types.js';
import { openStore } from '../../src/store/store.js';
import { attack, type AttackWorld, type Defence } from '../support/attack.js';
import { packFileOf, recordOf } from '../support/packs.js';
import { packOfStore, publishLoose, type LoosePack } from '../support/store-as-pack.js';

const UNPACKED: Defence = ['src/cache/remote/pack-format.ts', 'maxOutputLength: MAX_UNPACKED_BYTES'];
const VALUES: Defence = ['src/cache/remote/pack-format.ts', 'valuesIn(content) > MAX_VALUES'];
const DIGEST: Defence = ['src/cache/remote/pack-rows.ts', '!isDigest(diffId)'];
const TYPES: Defence = ['src/cache/remote/pack-rows.ts', '!LAYER_TYPES.has(mediaType)'];
const SIZE: Defence = ['src/cache/remote/pack-source.ts', 'size > maxUncompressedBytes'];
const PAIR: Defence = ['src/images/layer-files.ts', 'if (isDoubted(layer)) await paired('];
const CONFIRM: Defence = ['src/cache/digest-once.ts', '(await keep()) === foreign'];
const SIGNED: Defence = ['src/cache-imports.ts', 'if (verifyKey && !isSignedBy('];

const DOCKERFILE = `FROM scratch AS stage
COPY a /a
FROM scratch
COPY a /a
COPY b /b
COPY --from=stage /a /c
`;

/** The pack that an honest build has left; its store is gone. */
async function leftPack(world: AttackWorld): Promise<LoosePack> {
  world.write({ a: 'content of a', b: 'content of b' });
  await world.build({ dockerfileText: DOCKERFILE });
  const pack = packOfStore(openStore(world.store));
  rmSync(world.store, { recursive: true });
  return pack;
}

function withContent({ records, blobs }: LoosePack, content: string): LoosePack['records'] {
  return records.filter(({ blob }) => gunzipSync(blobs.get(blob.digest)!).includes(content));
}

/** Builds with the pack, and looks at the image: its layers are what its config says, and hold the right files. */
async function assertSame(t: ExecutionContext, world: AttackWorld, pack: LoosePack, verifyKey?: string) {
  const path = join(world.root, 'cache');
  await publishLoose(pack, path);
  const dest = join(world.root, 'image');
  const cacheFrom = [
    { place: { type: 'local', path }, ...(verifyKey !== undefined && { verifyKey }) } as const,
  ];
  const outputs = [{ type: 'oci', dest, tar: false }] as const;
  await world.build({ dockerfileText: DOCKERFILE, cacheFrom, outputs });
  const json = (digest: string): unknown =>
    JSON.parse(readFileSync(join(dest, 'blobs', 'sha256', digest.slice(7)), 'utf8'));
  const index = JSON.parse(readFileSync(join(dest, 'index.json'), 'utf8')) as ImageIndex;
  const manifest = json(index.manifests[0]!.digest) as ImageManifest;
  const config = json(manifest.config.digest) as ImageConfig;
  const tars = manifest.layers.map(({ digest }) =>
    gunzipSync(readFileSync(join(dest, 'blobs', 'sha256', digest.slice(7)))),
  );
  t.deepEqual(tars.map(digestOf), [...config.rootfs.diff_ids]);
  const contents = ['content of a', 'content of b', 'content of a'];
  t.true(tars.every((tar, i) => tar.includes(contents[i]!)));
}

const refusal = (bytes: Buffer): string => {
  try {
    decodePack(bytes);
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

attack('CWE-409', 'cache: records that expand without end are not unpacked', UNPACKED, (t) => {
  t.regex(refusal(gzipSync(Buffer.alloc(65 << 20))), /take more than 16 MiB, or more than 64 MiB unpacked/);
});

attack('CWE-770', 'cache: records of millions of empty things are not read', VALUES, (t) => {
  t.regex(refusal(packFileOf(`{"version":1,"records":[${'[],'.repeat(3_000_000)}[]]}`)), /take more than/);
});

attack('CVE-2024-3727', 'cache: no digest is a path', DIGEST, (t) => {
  const record = { ...recordOf('one'), diffId: 'sha256:../../../../etc/passwd' };
  t.deepEqual(decodePack(packFileOf({ records: [record] })).records, []);
});

attack('CWE-918', 'cache: no layer comes from an address of its own', TYPES, (t) => {
  const { blob, ...record } = recordOf('one');
  const foreign = { ...blob, mediaType: MEDIA.ociForeignLayerGzip, urls: ['http://169.254.169.254/'] };
  t.deepEqual(decodePack(packFileOf({ records: [{ ...record, blob: foreign }] })).records, []);
});

attack('CWE-400', 'cache: a layer that says that it fills the disk is not asked for', SIZE, async (t) => {
  const record = { ...recordOf('one'), size: 200 * 1024 ** 3 };
  const big = { ...record, blob: { ...record.blob, size: 100 * 1024 ** 3 } };
  const store = { name: 'place', openBlob: () => t.fail() as never };
  const faults = createPackFaults('place', () => undefined);
  const pack = openPack({ records: [big], selections: [], mounts: [] }, store, {
    faults,
    limits: layerLimits(),
  });
  t.is(await packRecords('place', Promise.resolve(pack)).find(big.key), undefined);
});

attack('CWE-345', 'cache: a blob does not pass for another layer', PAIR, async (t, world) => {
  const pack = await leftPack(world);
  const [{ blob } = pack.records[0]!] = withContent(pack, 'content of a');
  const [b] = withContent(pack, 'content of b');
  pack.records = pack.records.map((record) => (record === b ? { ...record, blob } : record));
  await assertSame(t, world, pack);
});

attack(
  'CWE-345',
  'cache: no step is kept under a key that was made of a forged digest',
  CONFIRM,
  async (t, world) => {
    const pack = await leftPack(world);
    const right = pack.selections;
    t.true(right.length > 0);
    pack.selections = right.map((selection) => ({ ...selection, digest: hexOf(digestOf('forged')) }));
    await assertSame(t, world, pack);
    const kept = new Map(
      packOfStore(openStore(world.store)).selections.map(({ name, digest }) => [name, digest]),
    );
    for (const { name, digest } of right) t.is(kept.get(name), digest);
  },
);

attack('CWE-347', 'cache: with a key no pack counts that it has not signed', SIGNED, async (t, world) => {
  const pack = await leftPack(world);
  const [b] = withContent(pack, 'content of b');
  const [a] = withContent(pack, 'content of a');
  const { diffId, size, blob } = a!;
  // Whoever may write there can say that a step gave another layer.
  pack.records = pack.records.map((record) => (record === b ? { ...record, diffId, size, blob } : record));
  const key = join(world.root, 'key.pem');
  writeFileSync(key, generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
  await assertSame(t, world, pack, key);
});
