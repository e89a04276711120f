// Puts together one raw entry from its header block and the extended headers before it.
// The precedence and the types without content are those of Go's archive/tar, which BuildKit reads with.
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { HeaderFields } from './header-fields.js';
import { XATTR_PREFIX, type PaxRecords } from './pax-records.js';
import { parsePaxTime } from './pax-time.js';
import type { RawEntry } from './raw-entry.js';

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
  const type = TYPE_OF[header.typeflag];
  if (header.typeflag === 'S') throw invalid(name, 'sparse files are not supported');
  if (type === undefined) throw invalid(name, `unknown entry type ${JSON.stringify(header.typeflag)}`);
  // Before ustar a directory was a file with a trailing slash.
  return type === 'file' && name.endsWith('/') ? 'dir' : type;
}

function paxNumber(pax: PaxRecords | undefined, key: string, name: string): number | undefined {
  const text = pax?.get(key);
  if (text === undefined || text === '') return undefined;
  const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
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

function refuseSparse(pax: PaxRecords, name: string): void {
  for (const key of pax.keys()) {
    if (key.startsWith('GNU.sparse.')) throw invalid(name, 'sparse files are not supported');
  }
}

export interface MergedEntry {
  readonly raw: RawEntry;
  /** Bytes that follow the header; more than `raw.size` only for old-style directories with content, which is dropped. */
  readonly dataSize: number;
}

/** @throws TsbuildError LAYER_INVALID for sparse files, unknown types and numbers out of range */
export function rawEntryOf(header: HeaderFields, extensions: Extensions, offset: number): MergedEntry {
  const { pax, longName, longLink } = extensions;
  const name = longName ?? ((pax?.get('path') || header.name) as ByteString);
  if (pax) refuseSparse(pax, name);
  const type = typeOf(header, name);
  const hasData = TYPE_OF[header.typeflag] === 'file';
  const dataSize = hasData ? (paxNumber(pax, 'size', name) ?? header.size) : 0;
  const time = pax?.get('mtime');
  const xattrs = pax && xattrsOf(pax);
  const raw: RawEntry = {
    type,
    name,
    mode: header.mode,
    uid: owner(paxNumber(pax, 'uid', name) ?? header.uid, name),
    gid: owner(paxNumber(pax, 'gid', name) ?? header.gid, name),
    size: type === 'file' ? dataSize : 0,
    ...(time ? parsePaxTime(time) : { mtime: header.mtime, mtimeNsec: 0 }),
    linkname: longLink ?? ((pax?.get('linkpath') || header.linkname) as ByteString),
    ...(xattrs && { xattrs }),
    devMajor: header.devMajor,
    devMinor: header.devMinor,
    offset,
  };
  return { raw, dataSize };
}
