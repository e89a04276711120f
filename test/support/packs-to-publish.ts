// Packs and blobs for tests of the places that keep them.
import type { PackStore, PackToPublish } from '../../src/cache/remote/pack-store.js';
import { digestOf, type DiffId } from '../../src/core/digest.js';
import { MEDIA } from '../../src/oci/types.js';
import type { OutgoingBlob } from '../../src/registry/writer.js';

const signal = new AbortController().signal;

export async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

export function blobOf(bytes: Buffer): OutgoingBlob & { opened(): number } {
  let count = 0;
  return {
    descriptor: { mediaType: MEDIA.ociLayerGzip, digest: digestOf(bytes), size: bytes.length },
    opened: () => count,
    open() {
      count++;
      return pieces(bytes);
    },
  };
}

export function packOf(
  records: string | Buffer,
  blobs: readonly OutgoingBlob[],
  signature?: string,
): PackToPublish {
  const bytes = Buffer.from(records);
  return {
    packed: {
      bytes,
      digest: digestOf(bytes),
      diffId: digestOf(Buffer.concat([Buffer.from('tar '), bytes])) as DiffId,
    },
    layers: blobs.map(({ descriptor }) => ({
      blob: descriptor,
      diffId: digestOf(`tar of ${descriptor.digest}`) as DiffId,
    })),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** Puts the blobs and the pack. */
export async function publishAll(
  store: PackStore,
  pack: PackToPublish,
  blobs: readonly OutgoingBlob[],
  seen: string | undefined,
): Promise<boolean> {
  for (const blob of blobs) await store.putBlob(blob, signal);
  return store.publish(pack, seen, signal);
}
