// Writing the 512-byte header block of tar: the same bytes that node-tar's Header writes, but straight into the output,
// without a string or an object for each field, since a layer has one or two blocks for every file. Names are bytes.
// POSIX pax(1) "ustar Interchange Format".
import type { ByteString } from '../../core/bytes.js';
import type { HeaderFields } from './header-fields.js';

export const MAX_OCTAL_7 = 0o7777777;
export const MAX_OCTAL_11 = 0o77777777777;

/** From here on a field of 8, or 12, bytes has no room for a space. */
const NO_SPACE_IN_8 = 8 ** 6;
const NO_SPACE_IN_12 = 8 ** 10;

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const CHECKSUM_AT = 148;
const TYPEFLAG_AT = 156;
const LINKNAME_AT = 157;
const MAGIC_AT = 257;
const DEVICE_AT = 329;
const PREFIX_AT = 345;

const ZERO = 0x30;
const SPACE = 0x20;
const UNDERSCORE = 0x5f;

/** Header fields of the types that layers are written with. */
export interface WritableHeader extends HeaderFields {
  readonly typeflag: '0' | '1' | '2' | '3' | '4' | '5' | '6' | 'x';
}

/** False: the block holds a stand-in only, and a PAX record must carry the text. */
export interface HeaderFit {
  readonly isNameExact: boolean;
  readonly isLinknameExact: boolean;
}

/** What `writeHeaderBlock` can hold of the names. */
export function fitOf({ name, linkname }: WritableHeader): HeaderFit {
  return {
    isNameExact: isAscii(name) && (name.length <= NAME_BYTES || prefixLength(name) > 0),
    isLinknameExact: linkname === '' || (linkname.length <= NAME_BYTES && isAscii(linkname)),
  };
}

/**
 * Writes a POSIX header block at `start` of a buffer that is zero there. Numbers that do not fit their octal field are
 * written as 0 (a PAX record carries them).
 */
export function writeHeaderBlock(target: Buffer, start: number, fields: WritableHeader): void {
  const { name, linkname, typeflag } = fields;
  const prefix = name.length <= NAME_BYTES ? 0 : prefixLength(name);
  const rest = prefix === 0 ? 0 : prefix + 1;
  // All bytes that are not zero; those of the checksum count as spaces.
  let sum = 8 * SPACE;
  sum += putText(target, start, name, rest, Math.min(name.length, rest + NAME_BYTES));
  sum += putNumbers(target, start + NAME_BYTES, fields);
  sum += putText(target, start + TYPEFLAG_AT, typeflag, 0, 1);
  sum += putText(target, start + LINKNAME_AT, linkname, 0, Math.min(linkname.length, NAME_BYTES));
  sum += putText(target, start + MAGIC_AT, 'ustar', 0, 5);
  sum += putText(target, start + MAGIC_AT + 6, '00', 0, 2);
  sum += putOctal(target, start + DEVICE_AT, fields.devMajor, 8);
  sum += putOctal(target, start + DEVICE_AT + 8, fields.devMinor, 8);
  sum += putText(target, start + PREFIX_AT, name, 0, prefix);
  putOctal(target, start + CHECKSUM_AT, sum, 8);
}

/** Mode, owner, size and time, which stand one after the other. @returns the sum of the bytes */
function putNumbers(target: Buffer, at: number, { mode, uid, gid, size, mtime }: WritableHeader): number {
  return (
    putOctal(target, at, mode, 8) +
    putOctal(target, at + 8, within(uid, MAX_OCTAL_7), 8) +
    putOctal(target, at + 16, within(gid, MAX_OCTAL_7), 8) +
    putOctal(target, at + 24, within(size, MAX_OCTAL_11), 12) +
    putOctal(target, at + 36, within(mtime, MAX_OCTAL_11), 12)
  );
}

/**
 * As Go's splitUSTARPath: at the last slash that leaves both parts short enough; 0 when there is none, and the name is
 * cut.
 */
function prefixLength(name: ByteString): number {
  const slash = name.lastIndexOf('/', Math.min(PREFIX_BYTES, name.length - 2));
  return slash > 0 && name.length - slash - 1 <= NAME_BYTES ? slash : 0;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function within(value: number, max: number): number {
  return value >= 0 && value <= max ? value : 0;
}

/** Part of a text, with `_` for each character that is not printable. @returns the sum of the bytes */
function putText(target: Buffer, at: number, text: string, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    const byte = code >= SPACE && code < 0x7f ? code : UNDERSCORE;
    target[at + i - from] = byte;
    sum += byte;
  }
  return sum;
}

/** Digits, a space when there is room, and NUL, which stands there already. @returns the sum of the bytes */
function putOctal(target: Buffer, at: number, value: number, width: 8 | 12): number {
  const isFull = value >= (width === 8 ? NO_SPACE_IN_8 : NO_SPACE_IN_12);
  let sum = 0;
  if (!isFull) sum = target[at + width - 2] = SPACE;
  let rest = value;
  for (let i = at + (isFull ? width - 2 : width - 3); i >= at; i--) {
    const digit = ZERO + (rest & 7);
    target[i] = digit;
    sum += digit;
    rest = Math.floor(rest / 8);
  }
  return sum;
}
