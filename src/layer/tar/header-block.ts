// Reading the 512-byte header block of tar: numbers, checksum and layout by node-tar's Header, names as bytes by us.
// Invariant: no lossy text conversion touches a name. POSIX pax(1) "ustar Interchange Format"; GNU tar manual "Basic Tar Format".
import { Header } from 'tar/header';
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { BLOCK, type HeaderFields } from './header-fields.js';

const MAGIC = 257;
const NO_NAME = '' as ByteString;

function textAt(block: Buffer, start: number, length: number): ByteString {
  const nul = block.indexOf(0, start);
  const end = nul === -1 ? start + length : Math.min(nul, start + length);
  return block.toString('latin1', start, end) as ByteString;
}

function nameIn(block: Buffer): ByteString {
  const name = textAt(block, 0, 100);
  // GNU's magic (`ustar ` and a space) has other things where POSIX has the prefix.
  const hasPrefix = block[345] !== 0 && block.toString('latin1', MAGIC, MAGIC + 6) === 'ustar\0';
  const prefix = hasPrefix ? textAt(block, 345, 155) : '';
  return (prefix === '' ? name : `${prefix}/${name}`) as ByteString;
}

function damaged(what: string, cause?: unknown): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `tar: ${what}`, { cause });
}

/** The value Header read from a field, if the field is well formed: Header reads as far as it can, and two readers must not differ. */
function numberIn(
  value: number | undefined,
  block: Buffer,
  start: number,
  length: number,
  what: string,
): number {
  const isBase256 = (block[start]! & 0x80) !== 0;
  const isOctal = /^[\0 ]*[0-7]*(?:[\0 ].*)?$/s.test(block.toString('latin1', start, start + length));
  if (value === undefined && isOctal) return 0;
  if (value === undefined || !(isBase256 || isOctal) || !Number.isSafeInteger(value)) {
    throw damaged(`${what} of ${JSON.stringify(nameIn(block))} is not a number in range`);
  }
  return value;
}

function unsigned(
  value: number | undefined,
  block: Buffer,
  start: number,
  length: number,
  what: string,
): number {
  const number = numberIn(value, block, start, length, what);
  if (number >= 0) return number;
  throw damaged(`${what} of ${JSON.stringify(nameIn(block))} is negative`);
}

function decode(block: Buffer): Header {
  try {
    return new Header(block);
  } catch (cause) {
    throw damaged('a number in a header is out of range', cause);
  }
}

/** Some old writers summed signed bytes; GNU tar and Go take both. */
function hasValidChecksum(block: Buffer, header: Header): boolean {
  if (header.cksumValid) return true;
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block.readInt8(i);
  return sum === header.cksum;
}

/**
 * Header takes a file whose name ends in a slash for a directory and drops its size; what follows would then be read as headers.
 * (Directories have no content, but before ustar that was said by the name only.)
 */
function sizeOf(block: Buffer, header: Header): number | undefined {
  if (header.typeKey !== '5' || block[156] === 0x35) return header.size;
  const unnamed = Buffer.from(block);
  unnamed.fill(0, 0, 100);
  unnamed.write('x');
  return decode(unnamed).size;
}

/** Header reads device numbers behind the POSIX magic only; GNU keeps them in the same place behind its own. */
function devicesOf(block: Buffer): { devMajor: number; devMinor: number } {
  if (block.toString('latin1', MAGIC, MAGIC + 5) !== 'ustar') return { devMajor: 0, devMinor: 0 };
  const posix = Buffer.alloc(BLOCK);
  block.copy(posix, 0, 0, 345);
  posix.write('ustar\x0000', MAGIC, 'latin1');
  const header = decode(posix);
  return {
    devMajor: unsigned(header.devmaj, block, 329, 8, 'device number'),
    devMinor: unsigned(header.devmin, block, 337, 8, 'device number'),
  };
}

/** A number of octal digits with nothing but NUL and space behind them; undefined for any other form. */
function plainOctal(block: Buffer, start: number, length: number): number | undefined {
  const end = start + length;
  let at = start;
  let value = 0;
  for (let digit = block[at]! - 0x30; at < end && digit >= 0 && digit <= 7; digit = block[++at]! - 0x30)
    value = value * 8 + digit;
  if (at === start) return undefined;
  for (; at < end; at++) if (block[at] !== 0 && block[at] !== 0x20) return undefined;
  return value;
}

function unsignedSum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < 148; i++) sum += block[i]!;
  for (let i = 156; i < BLOCK; i++) sum += block[i]!;
  return sum;
}

/** The form that nearly all headers have, read without an object per field; undefined for every other, valid or not. */
function plainFields(block: Buffer): HeaderFields | undefined {
  if (plainOctal(block, 148, 8) !== unsignedSum(block)) return undefined;
  const typeflag = String.fromCharCode(block[156]!);
  const mode = plainOctal(block, 100, 8);
  const uid = plainOctal(block, 108, 8);
  const gid = plainOctal(block, 116, 8);
  const size = plainOctal(block, 124, 12);
  const mtime = plainOctal(block, 136, 12);
  if (mode === undefined || uid === undefined || gid === undefined) return undefined;
  if (size === undefined || mtime === undefined || typeflag === '3' || typeflag === '4') return undefined;
  return {
    typeflag,
    name: nameIn(block),
    linkname: block[157] === 0 ? NO_NAME : textAt(block, 157, 100),
    mode,
    uid,
    gid,
    size: typeflag === '5' ? 0 : size,
    mtime,
    devMajor: 0,
    devMinor: 0,
  };
}

/**
 * Reads a header block that is not all zeros.
 * @throws TsbuildError LAYER_INVALID for a wrong checksum and for numbers that are damaged, negative or beyond 2^53
 */
export function decodeHeaderBlock(block: Buffer): HeaderFields {
  return plainFields(block) ?? anyFields(block);
}

function anyFields(block: Buffer): HeaderFields {
  const header = decode(block);
  if (!hasValidChecksum(block, header))
    throw damaged('header with a wrong checksum (damaged, or not a tar archive)');
  const typeflag = block.toString('latin1', 156, 157);
  const seconds = header.mtime === undefined ? undefined : header.mtime.getTime() / 1000;
  return {
    typeflag,
    name: nameIn(block),
    linkname: textAt(block, 157, 100),
    mode: unsigned(header.mode, block, 100, 8, 'mode'),
    uid: unsigned(header.uid, block, 108, 8, 'uid'),
    gid: unsigned(header.gid, block, 116, 8, 'gid'),
    size: unsigned(typeflag === '5' ? 0 : sizeOf(block, header), block, 124, 12, 'size'),
    mtime: numberIn(seconds, block, 136, 12, 'mtime'),
    ...(typeflag === '3' || typeflag === '4' ? devicesOf(block) : { devMajor: 0, devMinor: 0 }),
  };
}

/** Whether a file that starts with these bytes is a tar archive: one whole header with a right checksum. */
export function isTarStart(firstBytes: Buffer): boolean {
  if (firstBytes.length < BLOCK) return false;
  try {
    decodeHeaderBlock(firstBytes.subarray(0, BLOCK));
    return true;
  } catch (error) {
    if (error instanceof TsbuildError) return false;
    throw error;
  }
}
