// The entry of a pack in the cache of GitHub Actions: the packed records, and where in which other entries the layers
// lie. Pure. Hostile until checked.
import { digestOf, isDigest, type Digest } from '../../../core/digest.js';
import { TsbuildError } from '../../../core/errors.js';
import { MAX_PACKED_BYTES } from '../pack.js';

/** A part of an entry. */
export interface BlobPlace {
  readonly entry: string;
  /** Of the first byte. */
  readonly offset: number;
}

export interface GhaRecords {
  readonly packed: Buffer;
  readonly signature?: string;
  readonly places: ReadonlyMap<Digest, BlobPlace>;
}

const VERSION = 1;
/** Base64 is a third longer; the places of ten thousand layers have a megabyte. */
export const MAX_RECORDS_BYTES = 2 * MAX_PACKED_BYTES;
/** What the service takes (toolkit, checkKey). */
const MAX_KEY = 512;

export function formatGhaRecords({ packed, signature, places }: GhaRecords): Buffer {
  const entries = [...new Set([...places.values()].map(({ entry }) => entry))];
  const indexOf = new Map(entries.map((entry, index) => [entry, index]));
  return Buffer.from(
    JSON.stringify({
      version: VERSION,
      digest: digestOf(packed),
      signature,
      entries,
      blobs: Object.fromEntries(
        [...places].map(([digest, { entry, offset }]) => [digest, [indexOf.get(entry), offset]]),
      ),
      packed: packed.toString('base64'),
    }),
  );
}

/** Undefined when something else wrote it. @throws TsbuildError CACHE_INVALID when it is damaged */
export function parseGhaRecords(bytes: Buffer, name: string): GhaRecords | undefined {
  const fields = fieldsOf(bytes);
  if (fields?.['version'] !== VERSION) return undefined;
  const { digest, signature, entries, blobs } = fields;
  const packed = Buffer.from(String(fields['packed']), 'base64');
  const isSigned = typeof signature === 'string';
  const places = placesOf(entries, blobs);
  if (!places || packed.length > MAX_PACKED_BYTES || digestOf(packed) !== digest)
    throw new TsbuildError('CACHE_INVALID', `${name}: the records are damaged`);
  return { packed, places, ...(isSigned ? { signature } : {}) };
}

function fieldsOf(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON: not ours.
    return undefined;
  }
}

function placesOf(entries: unknown, blobs: unknown): Map<Digest, BlobPlace> | undefined {
  const isKey = (entry: unknown): entry is string => typeof entry === 'string' && entry.length <= MAX_KEY;
  if (!Array.isArray(entries) || !entries.every(isKey)) return undefined;
  if (typeof blobs !== 'object' || blobs === null) return undefined;
  const places = new Map<Digest, BlobPlace>();
  for (const [digest, place] of Object.entries(blobs as Record<string, unknown>)) {
    const [index, offset] = Array.isArray(place) ? (place as readonly unknown[]) : [];
    const entry = typeof index === 'number' ? entries[index] : undefined;
    if (!isDigest(digest) || entry === undefined || !Number.isSafeInteger(offset) || Number(offset) < 0)
      return undefined;
    places.set(digest, { entry, offset: Number(offset) });
  }
  return places;
}
