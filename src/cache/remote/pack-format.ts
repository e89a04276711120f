// The bytes of a pack: a gzip'ed tar with one file, `records.json`, so that a pack passes wherever a layer passes.
// Pure. Invariants: equal packs give equal bytes. What is read may be forged: it is read within bounds, and of it
// remains what has the form that pack.ts promises.
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { fromUtf8 } from '../../core/bytes.js';
import { canonicalJson, type Json } from '../../core/canonical-json.js';
import { digestOf, type DiffId } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { decodeHeaderBlock } from '../../layer/tar/header-block.js';
import { BLOCK } from '../../layer/tar/header-fields.js';
import { writeHeaderBlock } from '../../layer/tar/write-header-block.js';
import type { Descriptor } from '../../oci/types.js';
import {
  MAX_PACKED_BYTES,
  nameOfMount,
  PACK_VERSION,
  sortedByName,
  type Pack,
  type PackedPack,
  type PackLayer,
  type PackMount,
  type PackRecord,
  type PackSelection,
} from './pack.js';
import { readMount, readRecord, readSelection } from './pack-rows.js';

const MAX_UNPACKED_BYTES = 64 << 20;
/** Numbers, texts, lists and objects in the file: each takes memory of its own when it is read. */
const MAX_VALUES = 3_000_000;

const FILE = fromUtf8('records.json');
const NO_LINK = fromUtf8('');
/** RFC 1952: which system wrote it, of which nothing is said. */
const OS_BYTE = 9;
const OS_UNKNOWN = 255;

export interface DecodedPack extends Pack {
  /** Rows that were left out, since they have not the form of one. */
  readonly dropped: number;
}

/** @throws TsbuildError CACHE_INVALID when it is larger than a reader takes */
export function encodePack(pack: Pack): PackedPack {
  const tar = tarOf(Buffer.from(canonicalJson(documentOf(pack))));
  const bytes = gzipSync(tar, { level: constants.Z_DEFAULT_COMPRESSION });
  bytes[OS_BYTE] = OS_UNKNOWN;
  if (tar.length > MAX_UNPACKED_BYTES || bytes.length > MAX_PACKED_BYTES) throw tooLarge();
  return { bytes, digest: digestOf(bytes), diffId: digestOf(tar) as DiffId };
}

/**
 * A row that is not well formed is left out; of rows with one name the first counts.
 * @throws TsbuildError CACHE_INVALID when the bytes are no pack, a larger one than is read, or one of another version
 */
export function decodePack(bytes: Uint8Array): DecodedPack {
  if (bytes.length > MAX_PACKED_BYTES) throw tooLarge();
  const { version, records, selections, mounts } = parse(fileIn(gunzip(bytes)));
  if (version !== PACK_VERSION) throw otherVersion(version);
  const rows = [
    readRows(records, readRecord, ({ key }) => key),
    readRows(selections, readSelection, ({ name }) => name),
    readRows(mounts, readMount, nameOfMount),
  ] as const;
  return {
    records: rows[0].read,
    selections: rows[1].read,
    mounts: rows[2].read,
    dropped: rows.reduce((sum, { dropped }) => sum + dropped, 0),
  };
}

function documentOf({ records, selections, mounts }: Pack): Json {
  return {
    version: PACK_VERSION,
    records: sortedByName(records, ({ key }) => key).map(recordRow),
    selections: sortedByName(selections, ({ name }) => name).map(selectionRow),
    mounts: sortedByName(mounts, nameOfMount).map(mountRow),
  };
}

function recordRow(record: PackRecord): Json {
  const { key, created, platform, writer, lastUsed, isInspected } = record;
  const inspected = isInspected && { isInspected };
  return { key, created, platform, writer, lastUsed, ...layerRow(record), ...inspected };
}

function mountRow(mount: PackMount): Json {
  const { id, platform, lastUsed } = mount;
  return { id, platform, lastUsed, ...layerRow(mount) };
}

function selectionRow({ name, digest, lastUsed }: PackSelection): Json {
  return { name, digest, lastUsed };
}

function layerRow({ diffId, size, blob }: PackLayer): { readonly [key: string]: Json } {
  return { diffId, size, blob: blobRow(blob) };
}

function blobRow({ mediaType, digest, size }: Descriptor): Json {
  return { mediaType, digest, size };
}

function tarOf(content: Buffer): Buffer {
  const padded = Math.ceil(content.length / BLOCK) * BLOCK;
  // Two blocks of zeros end a tar.
  const tar = Buffer.alloc(BLOCK + padded + 2 * BLOCK);
  const owner = { uid: 0, gid: 0, mtime: 0, devMajor: 0, devMinor: 0 };
  const size = content.length;
  writeHeaderBlock(tar, 0, { typeflag: '0', name: FILE, linkname: NO_LINK, mode: 0o644, size, ...owner });
  content.copy(tar, BLOCK);
  return tar;
}

function fileIn(tar: Buffer): Buffer {
  if (tar.length < BLOCK || tar[0] === 0) throw invalid('its tar is empty');
  const { name, typeflag, size } = header(tar.subarray(0, BLOCK));
  if (name !== FILE || typeflag !== '0') throw invalid('its tar does not hold records.json');
  if (BLOCK + size > tar.length) throw invalid('its tar is cut');
  return tar.subarray(BLOCK, BLOCK + size);
}

function header(block: Buffer) {
  try {
    return decodeHeaderBlock(block);
  } catch (error) {
    throw invalid('its tar is damaged', error);
  }
}

/** Ends as soon as there are more bytes than are read. */
function gunzip(bytes: Uint8Array): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw invalid('its gzip data is damaged', error);
  }
}

type Members = Readonly<Record<string, unknown>>;

function parse(content: Buffer): Members {
  if (valuesIn(content) > MAX_VALUES) throw tooLarge();
  let document: unknown;
  try {
    document = JSON.parse(content.toString('utf8'));
  } catch (error) {
    throw invalid('records.json is no JSON', error);
  }
  if (typeof document !== 'object' || document === null) throw invalid('records.json is no object');
  return document as Members;
}

/** At least as many as JSON.parse would make. */
function valuesIn(content: Buffer): number {
  let count = 1;
  for (let i = 0; i < content.length; i++) {
    const byte = content[i];
    if (byte === COMMA || byte === BRACKET || byte === BRACE) count++;
  }
  return count;
}

const [COMMA, BRACKET, BRACE] = Buffer.from(',[{');

function readRows<T>(
  rows: unknown,
  read: (row: Members) => T | undefined,
  nameOf: (row: T) => string,
): { readonly read: readonly T[]; readonly dropped: number } {
  if (!Array.isArray(rows)) throw invalid('a list is missing in records.json');
  const byName = new Map<string, T>();
  for (const row of rows as readonly unknown[]) {
    const value = typeof row === 'object' && row !== null ? read(row as Members) : undefined;
    if (value && !byName.has(nameOf(value))) byName.set(nameOf(value), value);
  }
  return { read: [...byName.values()], dropped: rows.length - byName.size };
}

function invalid(why: string, cause?: unknown): TsbuildError {
  return new TsbuildError('CACHE_INVALID', `this is no cache of tsbuild: ${why}`, {
    hint: 'a build with --cache-to to the same place writes it anew',
    cause,
  });
}

function tooLarge(): TsbuildError {
  const [packed, unpacked] = [MAX_PACKED_BYTES, MAX_UNPACKED_BYTES].map((bytes) => bytes >> 20);
  return new TsbuildError(
    'CACHE_INVALID',
    `the records of the cache take more than ${packed} MiB, or more than ${unpacked} MiB unpacked`,
    { hint: 'use a scope of its own for each project, or delete the cache in its place' },
  );
}

function otherVersion(version: unknown): TsbuildError {
  const told = Number.isSafeInteger(version) ? `in version ${String(version)}` : 'in an unknown version';
  return new TsbuildError(
    'CACHE_INVALID',
    `the cache is written ${told} of the format, and this tsbuild reads version ${PACK_VERSION}`,
    {
      hint: 'let all who share the cache use one version of tsbuild, or give each version a scope of its own',
    },
  );
}
