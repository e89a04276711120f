// The file format of the stat cache: fixed records in one typed array, found by an open-addressing table that is built
// when it is needed (100,000 entries take milliseconds). Words are in the byte order of the machine; a foreign or
// damaged file does not decode.
import { createHash } from 'node:crypto';
import type { FileStamp } from './file-stamp.js';

/** Ten words of stamp, eight of sha256, one counts saves without use, one spare. The header has the same length. */
const WORDS = 20;
const STAMP_WORDS = 10;
const SHA_AT = 10;
const IDLE_AT = 18;
const SHA_BYTES = 32;
const BLOCK = 256;
const MAGIC = 0x7453_6231;
/** Header words: magic, count, two of the saving time, eight of the checksum. */
const COUNT_AT = 1;
const SAVED_AT = 2;
const CHECKSUM_AT = 4;

export interface StatRecord {
  readonly stamp: FileStamp;
  /** In hex. */
  readonly sha256: string;
  /** How many saves it has not been asked for. */
  readonly idle: number;
}

export interface StatRecords {
  readonly count: number;
  /** When the file was written, in milliseconds since the epoch. */
  readonly savedAtMs: number;
  /** Index of the record with exactly this stamp. */
  find(stamp: FileStamp): number | undefined;
  at(index: number): StatRecord;
  /** In hex. */
  sha256At(index: number): string;
}

export function encodeStatRecords(records: readonly StatRecord[], savedAtMs: number): Uint8Array {
  const words = new Uint32Array((records.length + 1) * WORDS);
  const bytes = Buffer.from(words.buffer);
  records.forEach((record, i) => {
    const start = (i + 1) * WORDS;
    writeStamp(new BigInt64Array(words.buffer, start * 4, STAMP_WORDS / 2), record.stamp);
    bytes.write(record.sha256, (start + SHA_AT) * 4, SHA_BYTES, 'hex');
    words[start + IDLE_AT] = record.idle;
  });
  new Float64Array(words.buffer, SAVED_AT * 4, 1)[0] = savedAtMs;
  words[COUNT_AT] = records.length;
  bytes.set(checksum(bytes), CHECKSUM_AT * 4);
  words[0] = MAGIC;
  return bytes;
}

/** undefined when the bytes are not what `encodeStatRecords` wrote on a machine like this. */
export function decodeStatRecords(data: Uint8Array<ArrayBuffer>): StatRecords | undefined {
  if (data.byteOffset !== 0 || data.byteLength < WORDS * 4 || data.byteLength % (WORDS * 4) !== 0)
    return undefined;
  const words = new Uint32Array(data.buffer, 0, data.byteLength / 4);
  const count = words.length / WORDS - 1;
  if (words[0] !== MAGIC || words[COUNT_AT] !== count) return undefined;
  const stored = data.slice(CHECKSUM_AT * 4, CHECKSUM_AT * 4 + 32);
  if (!checksum(data).equals(stored)) return undefined;
  let table: Uint32Array | undefined;
  let next = 1;
  const wide = new BigInt64Array(STAMP_WORDS / 2);
  const wanted = new Uint32Array(wide.buffer);
  const bytes = Buffer.from(data.buffer);
  /** Many records in hex at once: a call for each costs more than the conversion. */
  const blocks: string[] = [];
  function sha256At(index: number): string {
    const block = Math.floor(index / BLOCK);
    const start = (block * BLOCK + 1) * WORDS * 4;
    const hex = (blocks[block] ??= bytes.toString('hex', start, start + BLOCK * WORDS * 4));
    const at = ((index % BLOCK) * WORDS + SHA_AT) * 8;
    return hex.slice(at, at + 2 * SHA_BYTES);
  }
  return {
    count,
    savedAtMs: new Float64Array(data.buffer, SAVED_AT * 4, 1)[0]!,
    find(stamp) {
      writeStamp(wide, stamp);
      // Files are mostly asked for in the order in which they were when the records were written.
      const entry = isEqual(words, next * WORDS, wanted)
        ? next
        : find(words, (table ??= buildTable(words, count)), wanted);
      next = entry + 1;
      return entry === 0 ? undefined : entry - 1;
    },
    at: (index) => recordAt(words, index, sha256At(index)),
    sha256At,
  };
}

/** Over everything but the magic and the checksum itself. */
function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256')
    .update(bytes.subarray(4, CHECKSUM_AT * 4))
    .update(bytes.subarray(CHECKSUM_AT * 4 + 32))
    .digest();
}

function writeStamp(wide: BigInt64Array, stamp: FileStamp): void {
  wide[0] = stamp.dev;
  wide[1] = stamp.ino;
  wide[2] = stamp.size;
  wide[3] = stamp.mtimeNs;
  wide[4] = stamp.ctimeNs;
}

function recordAt(words: Uint32Array<ArrayBuffer>, index: number, sha256: string): StatRecord {
  const start = (index + 1) * WORDS;
  const wide = new BigInt64Array(words.buffer, start * 4, STAMP_WORDS / 2);
  const [dev, ino, size, mtimeNs, ctimeNs] = wide;
  return {
    stamp: {
      dev: BigInt.asUintN(64, dev!),
      ino: BigInt.asUintN(64, ino!),
      size: size!,
      mtimeNs: mtimeNs!,
      ctimeNs: ctimeNs!,
    },
    sha256,
    idle: words[start + IDLE_AT]!,
  };
}

/** Slots hold index + 1; 0 is free. */
function buildTable(words: Uint32Array, count: number): Uint32Array {
  const table = new Uint32Array(2 ** Math.ceil(Math.log2(count * 2 + 2)));
  for (let index = 0; index < count; index++) {
    let slot = hashOf(words, (index + 1) * WORDS) & (table.length - 1);
    while (table[slot] !== 0) slot = (slot + 1) & (table.length - 1);
    table[slot] = index + 1;
  }
  return table;
}

/** The index + 1 of the record; 0 when there is none. */
function find(words: Uint32Array, table: Uint32Array, stamp: Uint32Array): number {
  for (let slot = hashOf(stamp, 0) & (table.length - 1); ; slot = (slot + 1) & (table.length - 1)) {
    const entry = table[slot]!;
    if (entry === 0 || isEqual(words, entry * WORDS, stamp)) return entry;
  }
}

function isEqual(words: Uint32Array, start: number, stamp: Uint32Array): boolean {
  for (let i = 0; i < STAMP_WORDS; i++) if (words[start + i] !== stamp[i]) return false;
  return true;
}

/** Of device and inode. */
function hashOf(words: Uint32Array, at: number): number {
  const mixed = Math.imul(words[at]! ^ words[at + 3]!, 0x85eb_ca6b) ^ Math.imul(words[at + 2]!, 0x9e37_79b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
