// The rows of a pack as they are read: hostile until checked. Pure.
// Invariant: a row that is given back has every member in the form that pack.ts promises, and no other member.
import { isDigest, type DiffId } from '../../core/digest.js';
import { MEDIA, type Descriptor } from '../../oci/types.js';
import type { StepKey } from '../step-key.js';
import type { PackLayer, PackMount, PackRecord, PackSelection } from './pack.js';

type Members = Readonly<Record<string, unknown>>;

const HEX = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const PLATFORM = /^[\w.-]{1,32}(\/[\w.-]{1,32}){1,2}$/;
const WRITER = /^[\w.-]{1,64}$/;
const MAX_ID_CHARS = 4096;
/** Days: after the year 4000. */
const MAX_DAY = 1_000_000;

/** Foreign layers are not among them: their bytes would come from addresses that the pack names. */
const LAYER_TYPES: ReadonlySet<unknown> = new Set([
  MEDIA.ociLayer,
  MEDIA.ociLayerGzip,
  MEDIA.ociLayerZstd,
  MEDIA.dockerLayer,
  MEDIA.dockerLayerGzip,
  MEDIA.dockerLayerZstd,
]);

/** Undefined for what is no record. */
export function readRecord(row: Members): PackRecord | undefined {
  const { key, created, platform, writer, lastUsed } = row;
  const layer = readLayer(row);
  if (!layer || !isHex(key) || !isTime(created) || !matches(platform, PLATFORM)) return undefined;
  if (!matches(writer, WRITER) || !isDay(lastUsed)) return undefined;
  const inspected = row['isInspected'] === true && { isInspected: true as const };
  return { key: key as StepKey, ...layer, created, platform, writer, lastUsed, ...inspected };
}

/** Undefined for what is no mount. */
export function readMount(row: Members): PackMount | undefined {
  const { id, platform, lastUsed } = row;
  const layer = readLayer(row);
  if (!layer || !isId(id) || !matches(platform, PLATFORM) || !isDay(lastUsed)) return undefined;
  return { id, platform, lastUsed, ...layer };
}

/** Undefined for what is no selection. */
export function readSelection({ name, digest, lastUsed }: Members): PackSelection | undefined {
  return isHex(name) && isHex(digest) && isDay(lastUsed) ? { name, digest, lastUsed } : undefined;
}

function readLayer({ diffId, size, blob }: Members): PackLayer | undefined {
  if (!isDigest(diffId) || !isSize(size) || typeof blob !== 'object' || blob === null) return undefined;
  const descriptor = readBlob(blob as Members);
  return descriptor && { diffId: diffId as DiffId, size, blob: descriptor };
}

function readBlob({ mediaType, digest, size }: Members): Descriptor | undefined {
  if (!LAYER_TYPES.has(mediaType) || !isDigest(digest) || !isSize(size)) return undefined;
  return { mediaType: mediaType as string, digest, size };
}

function matches(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value);
}

function isHex(value: unknown): value is string {
  return matches(value, HEX);
}

function isTime(value: unknown): value is string {
  return matches(value, TIME) && !Number.isNaN(Date.parse(value));
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ID_CHARS;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDay(value: unknown): value is number {
  return isSize(value) && value <= MAX_DAY;
}
