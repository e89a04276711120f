// What tests of the places of packs share: blobs, packs to publish, and repositories as a place.
import type { ExecutionContext } from 'ava';
import { gzipSync } from 'node:zlib';
import { cacheReference } from '../../src/cache/remote/cache-reference.js';
import type { PackStore, PackToPublish } from '../../src/cache/remote/pack-store.js';
import { registryPacks } from '../../src/cache/remote/registry-packs.js';
import { digestOf, type DiffId } from '../../src/core/digest.js';
import { MEDIA, type Descriptor } from '../../src/oci/types.js';
import { hostRulesOf } from '../../src/registry/push/host-rules.js';
import type { OutgoingBlob } from '../../src/registry/writer.js';
import { collect, makeClient } from './registry-client.js';
import { makeWriter } from './registry-writer.js';

export interface PackBlob {
  readonly outgoing: OutgoingBlob;
  readonly layer: { readonly blob: Descriptor; readonly diffId: DiffId };
}

const { signal } = new AbortController();

export function packBlob(text: string): PackBlob {
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

export function packWith(text: string, blobs: readonly PackBlob[]): PackToPublish {
  const tar = Buffer.from(text);
  const bytes = gzipSync(tar);
  const packed = { bytes, digest: digestOf(bytes), diffId: digestOf(tar) as DiffId };
  return { packed, layers: blobs.map(({ layer }) => layer), signature: 'c2lnbmVk' };
}

/** A client of its own each time, as another machine has one. */
export function packsAt(
  t: ExecutionContext,
  ref: string,
  env: Readonly<Record<string, string>> = {},
): PackStore {
  const now = (): number => Date.now() / 1000;
  return registryPacks(cacheReference(ref, undefined), {
    client: async () => makeClient(t, { env, now }).client,
    writer: async () => makeWriter(t, { env, now, rules: hostRulesOf('registry.example') }).writer,
  });
}

/** A place that is empty takes a pack, and others read it. */
export async function assertWrittenAndRead(t: ExecutionContext, open: () => PackStore): Promise<void> {
  const store = open();
  t.deepEqual(await store.read(signal), { kind: 'nothing' });
  const blobs = ['one', 'two'].map(packBlob);
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
