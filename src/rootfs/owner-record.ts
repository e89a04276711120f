// What the file system below a process cannot hold is written down beside it. The owner, where every file belongs to
// one id (rung `userns-single`): in an extended attribute of a regular file or directory, and in the access time of
// everything else, which cannot have one. A device, on every rung: in an extended attribute of an empty file that
// stands for it, so that no device of an image or a process ever is one of the host. Records stay with the inode
// through rename, link and the overlay's copy-up, and are not part of a layer. An object without a record belongs to
// root. Pure.
import type { ByteString } from '../core/bytes.js';
import type { TreeNode } from '../layer/entry.js';
import { MAX_ID } from './id-spans.js';
import type { Timestamp } from '../host/syscalls/object-status.js';

export interface RecordedOwner {
  readonly uid: number;
  readonly gid: number;
}

/** Its record stands on an empty file. */
export interface RecordedDevice {
  readonly type: 'char' | 'block';
  readonly devMajor: number;
  readonly devMinor: number;
}

/** Names that begin so are ours alone. */
export const RECORD_PREFIX = 'user.tsbuild.';
export const OWNER_XATTR = `${RECORD_PREFIX}owner`;
export const DEVICE_XATTR = `${RECORD_PREFIX}device`;
/** Bytes of the longest record. */
export const MAX_RECORD_BYTES = 32;

/** Of ids that an access time holds in any pair. */
const MAX_PLAIN_ID = 65535;
/** 2038-01-17: later than now, so that `relatime` never replaces it, and before the last second of 32 bits. */
const FIRST_SECOND = 0x7ffe0000;
const NANOSECOND_MARK = 0x20000000;
const NANOSECOND_TAIL = 0xa;

export function isRootOwner({ uid, gid }: RecordedOwner): boolean {
  return uid === 0 && gid === 0;
}

/** `uid:gid` */
export function encodeOwner({ uid, gid }: RecordedOwner): ByteString {
  return `${uid}:${gid}` as ByteString;
}

/** Undefined for anything that `encodeOwner` does not give for ids of a container. */
export function decodeOwner(text: string | undefined): RecordedOwner | undefined {
  const [, uid, gid] = /^(0|[1-9]\d{0,9}):(0|[1-9]\d{0,9})$/.exec(text ?? '') ?? [];
  if (uid === undefined || Number(uid) > MAX_ID || Number(gid) > MAX_ID) return undefined;
  return { uid: Number(uid), gid: Number(gid) };
}

/** `c:major:minor` or `b:major:minor` */
export function encodeDevice({ type, devMajor, devMinor }: RecordedDevice): ByteString {
  return `${type === 'char' ? 'c' : 'b'}:${devMajor}:${devMinor}` as ByteString;
}

/** The device that a node of a layer is; undefined for any other node. */
export function deviceOfNode({
  type,
  devMajor = 0,
  devMinor = 0,
}: Partial<Pick<TreeNode, 'type' | 'devMajor' | 'devMinor'>>): RecordedDevice | undefined {
  return type === 'char' || type === 'block' ? { type, devMajor, devMinor } : undefined;
}

/** Undefined for anything that `encodeDevice` does not give; numbers as in mknod(2), 12 and 20 bits. */
export function decodeDevice(text: string | undefined): RecordedDevice | undefined {
  const [, letter, major, minor] = /^([cb]):(0|[1-9]\d{0,3}):(0|[1-9]\d{0,6})$/.exec(text ?? '') ?? [];
  if (letter === undefined || Number(major) > 0xfff || Number(minor) > 0xfffff) return undefined;
  return {
    type: letter === 'c' ? 'char' : 'block',
    devMajor: Number(major),
    devMinor: Number(minor),
  };
}

/**
 * The access time that stands for an owner; undefined for two ids beyond 65535 that are far apart, for which a time has
 * too few bits.
 */
export function timeOfOwner(owner: RecordedOwner): Timestamp | undefined {
  const { uid, gid } = owner;
  if (uid <= MAX_PLAIN_ID && gid <= MAX_PLAIN_ID) return timeOf(gid, uid);
  const pair = PAIRS.findIndex(({ holds }) => holds(owner));
  if (pair === -1 || uid > MAX_ID || gid > MAX_ID) return undefined;
  const { ids, detail } = PAIRS[pair]!.encode(owner);
  const low = ids % WIDE;
  return timeOf(WIDE + low, Math.floor(ids / WIDE) * VARIANTS + pair * DETAILS + detail);
}

/** Undefined when the access time is only a time. */
export function ownerOfTime({ seconds, nanoseconds }: Timestamp): RecordedOwner | undefined {
  const high = seconds - FIRST_SECOND;
  const marked = nanoseconds - NANOSECOND_MARK - NANOSECOND_TAIL;
  if (high < 0 || marked < 0 || marked % 16 !== 0) return undefined;
  const value = marked / 16;
  if (high <= MAX_PLAIN_ID) return value <= MAX_PLAIN_ID ? { uid: value, gid: high } : undefined;
  if (high >= 2 * WIDE) return undefined;
  const ids = Math.floor(value / VARIANTS) * WIDE + (high - WIDE);
  const variant = value % VARIANTS;
  const owner = PAIRS[Math.floor(variant / DETAILS)]?.decode({ ids, detail: variant % DETAILS });
  // What this never writes is a time, and no record.
  const written = owner && timeOfOwner(owner);
  return written?.seconds === seconds && written.nanoseconds === nanoseconds ? owner : undefined;
}

function timeOf(second: number, value: number): Timestamp {
  return { seconds: FIRST_SECOND + second, nanoseconds: NANOSECOND_MARK + value * 16 + NANOSECOND_TAIL };
}

const WIDE = 0x10000;
/**
 * Values that a second id has beside a large one, and all of the three kinds of pairs: 65536 times as many fit into the
 * nanoseconds.
 */
const DETAILS = 140;
const VARIANTS = 3 * DETAILS;
const NEAR = DETAILS / 2;

interface Pair {
  holds(owner: RecordedOwner): boolean;
  encode(owner: RecordedOwner): { readonly ids: number; readonly detail: number };
  decode(encoded: { readonly ids: number; readonly detail: number }): RecordedOwner;
}

/**
 * Pairs with an id beyond 65535 that an access time can hold: two ids that are near each other, or one beside a small
 * one.
 */
const PAIRS: readonly Pair[] = [
  {
    holds: ({ uid, gid }) => gid - uid >= -NEAR && gid - uid < NEAR,
    encode: ({ uid, gid }) => ({ ids: uid, detail: gid - uid + NEAR }),
    decode: ({ ids, detail }) => ({ uid: ids, gid: ids + detail - NEAR }),
  },
  {
    holds: ({ gid }) => gid < DETAILS,
    encode: ({ uid, gid }) => ({ ids: uid, detail: gid }),
    decode: ({ ids, detail }) => ({ uid: ids, gid: detail }),
  },
  {
    holds: ({ uid }) => uid < DETAILS,
    encode: ({ uid, gid }) => ({ ids: gid, detail: uid }),
    decode: ({ ids, detail }) => ({ uid: detail, gid: ids }),
  },
];
