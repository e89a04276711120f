// One package of rpm's database: a header as rpm keeps it, without the lead of a package file (rpm.org, Header format;
// rpm, lib/header.c). Pure.
import { textMember } from '../clean-text.js';
import type { PackageEntry } from '../found-package.js';

/** rpm, include/rpm/rpmtag.h. */
const TAGS = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  license: 1014,
  url: 1020,
  architecture: 1022,
  sourceRpm: 1044,
} as const;

const INT32 = 4;
const STRING_TYPES: ReadonlySet<number> = new Set([6, 9]);
const ENTRY_BYTES = 16;

/** The keys that packages are checked with are listed beside the packages. */
const KEY = 'gpg-pubkey';

/** Undefined for what is no header of a package. */
export function parseHeader(blob: Buffer): PackageEntry | 'key' | undefined {
  const values = readTags(blob);
  const name = textMember('name', values?.get(TAGS.name)).name;
  const version = values?.get(TAGS.version);
  if (!values || name === undefined || version === undefined) return undefined;
  if (name === KEY) return 'key';
  const release = values.get(TAGS.release);
  const vendor = textMember('vendor', values.get(TAGS.vendor)).vendor;
  return {
    name,
    ...textMember('version', release === undefined ? version : `${version}-${release}`),
    ...textMember('architecture', values.get(TAGS.architecture)),
    ...textMember('epoch', values.get(TAGS.epoch)),
    ...textMember('upstream', values.get(TAGS.sourceRpm)),
    ...textMember('license', values.get(TAGS.license)),
    ...textMember('homepage', values.get(TAGS.url)),
    ...(vendor !== undefined && { supplier: `Organization: ${vendor}` }),
  };
}

const WANTED: ReadonlySet<number> = new Set(Object.values(TAGS));

/**
 * Entries of tag, type, offset and count, then the data that they point into. Tags that are not wanted are left out.
 */
function readTags(blob: Buffer): ReadonlyMap<number, string> | undefined {
  if (blob.length < 8) return undefined;
  const data = 8 + blob.readUInt32BE(0) * ENTRY_BYTES;
  const end = data + blob.readUInt32BE(4);
  if (end > blob.length) return undefined;
  const values = new Map<number, string>();
  for (let at = 8; at < data; at += ENTRY_BYTES) {
    const [tag, type, offset] = [0, 4, 8].map((field) => blob.readUInt32BE(at + field)) as [
      number,
      number,
      number,
    ];
    const place = data + offset;
    if (!WANTED.has(tag) || place >= end) continue;
    if (STRING_TYPES.has(type)) values.set(tag, stringAt(blob, place, end));
    else if (type === INT32 && place + 4 <= end) values.set(tag, String(blob.readUInt32BE(place)));
  }
  return values;
}

function stringAt(blob: Buffer, start: number, end: number): string {
  const zero = blob.indexOf(0, start);
  return blob.toString('utf8', start, zero === -1 ? end : Math.min(zero, end));
}
