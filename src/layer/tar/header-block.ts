// Reading the 512-byte header block of tar, by the rules of Go's archive/tar (reader.go, strconv.go), which BuildKit
// reads with: two readers that see different sizes are how files are smuggled. Invariant: no lossy text conversion
// touches a name.
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { BLOCK, type HeaderFields } from './header-fields.js';

const NO_NAME = '' as ByteString;
const SPACE = 0x20;
const CHECKSUM_AT = 148;
const MAGIC_AT = 257;
const PREFIX_AT = 345;
const TRAILER_AT = 508;

/** `v7`: of the time before ustar, and everything with a magic that is none. */
type Format = 'v7' | 'ustar' | 'star' | 'gnu';

function damaged(what: string): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `tar: ${what}`);
}

function textAt(block: Buffer, start: number, length: number): ByteString {
  const nul = block.indexOf(0, start);
  const end = nul === -1 ? start + length : Math.min(nul, start + length);
  return block.toString('latin1', start, end) as ByteString;
}

function formatOf(block: Buffer): Format {
  const magic = block.toString('latin1', MAGIC_AT, MAGIC_AT + 8);
  if (magic === 'ustar  \0') return 'gnu';
  if (!magic.startsWith('ustar\0')) return 'v7';
  return block.toString('latin1', TRAILER_AT, BLOCK) === 'tar\0' ? 'star' : 'ustar';
}

/** What stands before the name and a slash. */
function prefixIn(block: Buffer, format: Format): ByteString {
  if (format === 'v7' || block[PREFIX_AT] === 0) return NO_NAME;
  if (format !== 'gnu') return textAt(block, PREFIX_AT, format === 'star' ? 131 : 155);
  // GNU has times there. But writers of Go before 1.8, whose layers are still about, wrote a prefix behind that magic.
  const isTime = (at: number): boolean => block[at] === 0 || !Number.isNaN(numberAt(block, at, 12));
  if (isTime(PREFIX_AT) && isTime(PREFIX_AT + 12)) return NO_NAME;
  const prefix = textAt(block, PREFIX_AT, 155);
  return /^[\x01-\x7f]*$/.test(prefix) ? prefix : NO_NAME;
}

function nameIn(block: Buffer, format: Format): ByteString {
  const prefix = prefixIn(block, format);
  const name = textAt(block, 0, 100);
  return prefix === '' ? name : (`${prefix}/${name}` as ByteString);
}

/**
 * A number of octal digits with nothing but NUL and space behind them, which nearly all are; undefined for any other
 * form.
 */
function plainOctal(block: Buffer, start: number, length: number): number | undefined {
  const end = start + length;
  let at = start;
  let value = 0;
  for (let digit = block[at]! - 0x30; at < end && digit >= 0 && digit <= 7; digit = block[++at]! - 0x30)
    value = value * 8 + digit;
  if (at === start) return undefined;
  for (; at < end; at++) if (block[at] !== 0 && block[at] !== SPACE) return undefined;
  return value;
}

/** Octal digits; NUL and space may stand around them, anything behind a NUL. NaN for everything else. */
function octalAt(block: Buffer, start: number, length: number): number {
  const text = block.toString('latin1', start, start + length).replace(/^[\0 ]+|[\0 ]+$/g, '');
  if (text === '') return 0;
  const digits = text.split('\0', 1)[0]!;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : NaN;
}

/** Two's complement in all bits but the first, which marks the form. */
function base256At(block: Buffer, start: number, length: number): number {
  const isNegative = (block[start]! & 0x40) !== 0;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const byte = isNegative ? ~block[start + i]! & 0xff : block[start + i]!;
    value = value * 256 + (i === 0 ? byte & 0x7f : byte);
  }
  return isNegative ? -value - 1 : value;
}

/** Octal or base 256; empty fields are 0, damaged ones NaN. */
function numberAt(block: Buffer, start: number, length: number): number {
  if ((block[start]! & 0x80) !== 0) return base256At(block, start, length);
  return plainOctal(block, start, length) ?? octalAt(block, start, length);
}

function sumOf(block: Buffer): number {
  let sum = 8 * SPACE;
  for (let i = 0; i < CHECKSUM_AT; i++) sum += block[i]!;
  for (let i = CHECKSUM_AT + 8; i < BLOCK; i++) sum += block[i]!;
  return sum;
}

/** Some old writers summed signed bytes. */
function signedSumOf(block: Buffer): number {
  let sum = 8 * SPACE;
  for (let i = 0; i < BLOCK; i++) if (i < CHECKSUM_AT || i >= CHECKSUM_AT + 8) sum += block.readInt8(i);
  return sum;
}

function verifyChecksum(block: Buffer): void {
  const stored = plainOctal(block, CHECKSUM_AT, 8) ?? octalAt(block, CHECKSUM_AT, 8);
  if (stored === sumOf(block) || stored === signedSumOf(block)) return;
  throw damaged('header with a wrong checksum (damaged, or not a tar archive)');
}

/**
 * Reads a header block that is not all zeros.
 * @throws TsbuildError LAYER_INVALID for a wrong checksum and for numbers that are damaged, negative or beyond 2^53
 */
export function decodeHeaderBlock(block: Buffer): HeaderFields {
  verifyChecksum(block);
  const format = formatOf(block);
  const name = nameIn(block, format);
  const signed = (what: string, start: number, length: number): number => {
    const value = numberAt(block, start, length);
    if (Number.isSafeInteger(value)) return value;
    throw damaged(`${what} of ${JSON.stringify(name)} is not a number in range`);
  };
  const unsigned = (what: string, start: number, length: number): number => {
    const value = signed(what, start, length);
    if (value >= 0) return value;
    throw damaged(`${what} of ${JSON.stringify(name)} is negative`);
  };
  return {
    typeflag: String.fromCharCode(block[156]!),
    name,
    linkname: block[157] === 0 ? NO_NAME : textAt(block, 157, 100),
    mode: unsigned('mode', 100, 8),
    uid: unsigned('uid', 108, 8),
    gid: unsigned('gid', 116, 8),
    size: unsigned('size', 124, 12),
    mtime: signed('mtime', 136, 12),
    devMajor: format === 'v7' ? 0 : unsigned('device number', 329, 8),
    devMinor: format === 'v7' ? 0 : unsigned('device number', 337, 8),
  };
}
