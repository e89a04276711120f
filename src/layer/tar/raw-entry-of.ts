// Puts together one raw entry from its header block and the extended headers before it.
// The precedence and the types without content are those of Go's archive/tar, which BuildKit reads with.
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { HeaderFields } from './header-fields.js';
import { XATTR_PREFIX, type PaxRecords } from './pax-records.js';
import { parsePaxTime, type PaxTime } from './pax-time.js';
import type { RawEntry } from './raw-entry.js';
import { sparseFileOf, type SparseFile } from './sparse-map.js';

/** What extended headers said about the next entry. */
export interface Extensions {
  readonly pax?: PaxRecords;
  /** GNU `L` and `K`: they win over PAX. */
  readonly longName?: ByteString;
  readonly longLink?: ByteString;
}

const TYPE_OF: Readonly<Record<string, RawEntry['type']>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
};

function invalid(name: string, reason: string): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `tar: ${JSON.stringify(name)}: ${reason}`);
}

function typeOf(header: HeaderFields, name: ByteString): RawEntry['type'] {
  // Before ustar a directory was a file with a trailing slash.
  if (header.typeflag === '\0' && name.endsWith('/')) return 'dir';
  return TYPE_OF[header.typeflag] ?? 'other';
}

function paxNumber(pax: PaxRecords | undefined, key: string, name: string): number | undefined {
  const text = pax?.get(key);
  if (text === undefined || text === '') return undefined;
  const value = /^[+]?[0-9]+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) throw invalid(name, `PAX ${key} is not a number in range`);
  return value;
}

/** uid_t of Linux; the highest value means "no change" to chown(2). */
function owner(value: number, name: string): number {
  if (value <= 0xfffffffe) return value;
  throw invalid(name, `owner ${value} is out of range`);
}

function xattrsOf(pax: PaxRecords): Record<string, ByteString> | undefined {
  const found: [string, ByteString][] = [];
  for (const [key, value] of pax) {
    if (key.startsWith(XATTR_PREFIX)) found.push([key.slice(XATTR_PREFIX.length), value]);
  }
  // Not by assignment: an attribute may be called __proto__.
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** Times that are not kept are read too: a damaged one is a damaged header. */
function timesOf(header: HeaderFields, pax: PaxRecords | undefined): PaxTime {
  for (const key of ['atime', 'ctime']) if (pax?.get(key)) parsePaxTime(pax.get(key)!);
  const time = pax?.get('mtime');
  return time ? parsePaxTime(time) : { mtime: header.mtime, mtimeNsec: 0 };
}

export interface MergedEntry {
  /** Of a file with holes, the size without them, until its map is known. */
  readonly raw: RawEntry;
  /** Bytes that follow the header, padding aside. */
  readonly dataSize: number;
  readonly sparse: SparseFile | undefined;
}

/** @throws TsbuildError LAYER_INVALID for numbers out of range and for things with holes that cannot have them */
export function rawEntryOf(header: HeaderFields, extensions: Extensions, offset: number): MergedEntry {
  const { pax, longName, longLink } = extensions;
  const name = longName || ((pax?.get('path') || header.name) as ByteString);
  const type = typeOf(header, name);
  const hasData = type === 'file' || type === 'other';
  const dataSize = hasData ? (paxNumber(pax, 'size', name) ?? header.size) : 0;
  const sparse = pax && sparseFileOf(pax);
  if (sparse && !hasData) throw invalid(name, 'only a file can have holes');
  const xattrs = pax && xattrsOf(pax);
  const raw: RawEntry = {
    type,
    typeflag: header.typeflag,
    name: sparse?.name || name,
    mode: header.mode,
    uid: owner(paxNumber(pax, 'uid', name) ?? header.uid, name),
    gid: owner(paxNumber(pax, 'gid', name) ?? header.gid, name),
    size: type === 'file' ? dataSize : 0,
    ...timesOf(header, pax),
    linkname: longLink || ((pax?.get('linkpath') || header.linkname) as ByteString),
    ...(xattrs && { xattrs }),
    devMajor: header.devMajor,
    devMinor: header.devMinor,
    offset,
  };
  return { raw, dataSize, sparse };
}
