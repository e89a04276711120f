// Packs for tests: well-formed ones, and files that only look like one.
import { gzipSync } from 'node:zlib';
import type { Pack, PackRecord } from '../../src/cache/remote/pack.js';
import type { StepKey } from '../../src/cache/step-key.js';
import { fromUtf8 } from '../../src/core/bytes.js';
import { digestOf, hexOf, type DiffId } from '../../src/core/digest.js';
import { writeHeaderBlock } from '../../src/layer/tar/write-header-block.js';
import { MEDIA } from '../../src/oci/types.js';

/** A record whose key and layer are made of a name. */
export function recordOf(name: string): PackRecord {
  return {
    key: hexOf(digestOf(`key ${name}`)) as StepKey,
    diffId: digestOf(`tar ${name}`) as DiffId,
    size: 10,
    blob: { mediaType: MEDIA.ociLayerGzip, digest: digestOf(`blob ${name}`), size: 5 },
    created: '2026-11-30T12:00:00.000Z',
    platform: 'linux/amd64',
    writer: 'w1',
    lastUsed: 20_000,
  };
}

export function packOf(records: readonly PackRecord[]): Pack {
  return { records, selections: [], mounts: [] };
}

/** The packed form of any content of records.json. */
export function packFileOf(content: string | object): Buffer {
  const document = { version: 1, records: [], selections: [], mounts: [] };
  const text = typeof content === 'string' ? content : JSON.stringify({ ...document, ...content });
  const data = Buffer.from(text);
  const header = Buffer.alloc(512);
  const zeros = { uid: 0, gid: 0, mtime: 0, devMajor: 0, devMinor: 0 };
  const names = { name: fromUtf8('records.json'), linkname: fromUtf8('') };
  writeHeaderBlock(header, 0, { typeflag: '0', ...names, mode: 0o644, size: data.length, ...zeros });
  return gzipSync(Buffer.concat([header, data, Buffer.alloc(512 - (data.length % 512))]));
}
