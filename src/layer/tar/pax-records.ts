// PAX extended header records, byte exact: `<length> <key>=<value>\n`, where a value may hold any byte, also newlines.
// POSIX pax(1) "pax Extended Header"; the same records are refused as in Go's archive/tar (validPAXRecord).
import { compareBytes, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';

export type PaxRecords = ReadonlyMap<string, ByteString>;

/** Prefix of a record that holds an extended attribute: the rest of the key is its name, the value its bytes. */
export const XATTR_PREFIX = 'SCHILY.xattr.';

/** One record for each number of a sparse map, version 0.0. They are handed on as the one record of version 0.1. */
const SPARSE_NUMBERS = ['GNU.sparse.offset', 'GNU.sparse.numbytes'];
const SPARSE_MAP = 'GNU.sparse.map';

const NAMES = new Set(['path', 'linkpath', 'uname', 'gname']);

function damaged(reason: string): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `tar: damaged PAX header: ${reason}`);
}

/** Later records win over earlier ones of the same key. @throws TsbuildError LAYER_INVALID */
export function decodePaxRecords(data: Buffer): PaxRecords {
  const records = new Map<string, ByteString>();
  const sparse: ByteString[] = [];
  let start = 0;
  while (start < data.length) {
    const space = data.indexOf(0x20, start);
    const digits = data.toString('latin1', start, space === -1 ? start : Math.min(space, start + 16));
    if (!/^[+]?[0-9]{1,15}$/.test(digits)) throw damaged('a record without length');
    const end = start + Number(digits);
    if (end > data.length || end <= space + 1 || data[end - 1] !== 0x0a)
      throw damaged('a record of wrong length');
    const equals = data.indexOf(0x3d, space + 1);
    if (equals <= space + 1 || equals >= end) throw damaged('a record without key');
    const key = data.toString('latin1', space + 1, equals);
    const value = data.toString('latin1', equals + 1, end - 1) as ByteString;
    if ((NAMES.has(key) ? value : key).includes('\0')) throw damaged('a name with a NUL byte');
    start = end;
    if (!SPARSE_NUMBERS.includes(key)) records.set(key, value);
    else if (key !== SPARSE_NUMBERS[sparse.length % 2] || value.includes(','))
      throw damaged('a damaged map of a sparse file');
    else sparse.push(value);
  }
  if (sparse.length > 0) records.set(SPARSE_MAP, sparse.join(',') as ByteString);
  return records;
}

function encodeRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/**
 * The data of an extended header, records sorted by key. Keys and values are byte strings, and so is the result.
 */
export function encodePaxRecords(records: readonly (readonly [string, string])[]): ByteString {
  const sorted = records.length > 1 ? records.toSorted(([a], [b]) => compareBytes(a, b)) : records;
  let data = '';
  for (const [key, value] of sorted) data += encodeRecord(key, value);
  return data as ByteString;
}
