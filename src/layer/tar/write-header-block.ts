// Writing the 512-byte header block of tar: the same bytes that node-tar's Header writes, without an object for each field, since a
// layer has one or two blocks for every file. Names are bytes. POSIX pax(1) "ustar Interchange Format".
import type { ByteString } from '../../core/bytes.js';
import { BLOCK, type HeaderFields } from './header-fields.js';

export const MAX_OCTAL_7 = 0o7777777;
export const MAX_OCTAL_11 = 0o77777777777;

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const CHECKSUM_AT = 148;
const PREFIX_AT = 345;

/** Header fields of the types that layers are written with. */
export interface WritableHeader extends HeaderFields {
  readonly typeflag: '0' | '1' | '2' | '3' | '4' | '5' | '6' | 'x';
}

/** False: the block holds a stand-in only, and a PAX record must carry the text. */
export interface HeaderFit {
  readonly isNameExact: boolean;
  readonly isLinknameExact: boolean;
}

/**
 * Writes a POSIX header block at `start` of a buffer that is zero there. Numbers that do not fit their octal field are written as 0 (a
 * PAX record carries them).
 */
export function writeHeaderBlock(target: Buffer, start: number, fields: WritableHeader): HeaderFit {
  const { name, prefix } = splitName(fields.name);
  const linkname = fields.linkname.slice(0, NAME_BYTES);
  target.write(ascii(name), start, 'latin1');
  target.write(numbersOf(fields), start + NAME_BYTES, 'latin1');
  target.write(fields.typeflag + ascii(linkname), start + 156, 'latin1');
  target.write('ustar\x0000', start + 257, 'latin1');
  target.write(octal(fields.devMajor, 8) + octal(fields.devMinor, 8), start + 329, 'latin1');
  if (prefix !== '') target.write(ascii(prefix), start + PREFIX_AT, 'latin1');
  target.write(octal(checksum(target, start), 8), start + CHECKSUM_AT, 'latin1');
  return {
    isNameExact:
      isAscii(fields.name) && (prefix === '' ? name === fields.name : `${prefix}/${name}` === fields.name),
    isLinknameExact: linkname === fields.linkname && isAscii(linkname),
  };
}

/** Mode, owner, size and time, which stand one after the other. */
function numbersOf({ mode, uid, gid, size, mtime }: WritableHeader): string {
  return (
    octal(mode, 8) +
    octal(within(uid, MAX_OCTAL_7), 8) +
    octal(within(gid, MAX_OCTAL_7), 8) +
    octal(within(size, MAX_OCTAL_11), 12) +
    octal(within(mtime, MAX_OCTAL_11), 12)
  );
}

/** As Go's splitUSTARPath: at the last slash that leaves both parts short enough; a name that fits nowhere is cut. */
function splitName(name: ByteString): { name: string; prefix: string } {
  if (name.length <= NAME_BYTES) return { name, prefix: '' };
  const slash = name.lastIndexOf('/', Math.min(PREFIX_BYTES, name.length - 2));
  const rest = name.length - slash - 1;
  if (slash > 0 && rest <= NAME_BYTES) return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
  return { name: name.slice(0, NAME_BYTES), prefix: '' };
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function ascii(text: string): string {
  return isAscii(text) ? text : text.replace(/[^\x20-\x7e]/g, '_');
}

function within(value: number, max: number): number {
  return value >= 0 && value <= max ? value : 0;
}

/** Digits, a space when there is room, and NUL. */
function octal(value: number, width: number): string {
  const digits = value.toString(8);
  return digits.length === width - 1 ? `${digits}\0` : `${digits.padStart(width - 2, '0')} \0`;
}

/** Of a block whose checksum field is zero: it counts as spaces. */
function checksum(block: Buffer, start: number): number {
  let sum = 8 * 0x20;
  for (let i = start, end = start + BLOCK; i < end; i++) sum += block[i]!;
  return sum;
}
