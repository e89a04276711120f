// How ids and attributes of a layer look on disk, where the worker unpacks trees and processes write. One scheme per
// rung of the ladder.
import type { ByteString } from '../core/bytes.js';
import type { TreeNode } from '../layer/entry.js';
import type { IdRange } from '../host/id-range.js';
import type { Timestamp } from '../host/syscalls/object-status.js';
import { ALL_IDS, joinIds, type IdSpan } from './id-spans.js';
import { RECORD_PREFIX } from './owner-record.js';
import { containerIdOf, containerMap, workerIdOf } from './shifted-ids.js';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** An owner to be recorded, and what has it. */
export type RecordedNode = Owner & Partial<Pick<TreeNode, 'type' | 'devMajor' | 'devMinor'>>;

/** `user-U-G`: user U and group G of a container are those of the invoking user (kept-ownership.ts). */
export type OwnershipScheme = 'shifted' | 'recorded' | 'plain' | `user-${number}-${number}`;

export interface Ownership {
  /** Part of the names of the store's folders: what one scheme unpacked, another cannot use. */
  readonly scheme: OwnershipScheme;
  /** Those that a container has. */
  readonly ids: readonly IdSpan[];
  /** Of a launcher's namespace, below that of the worker. */
  readonly map: readonly IdRange[];
  /** That of groups, where it differs. */
  readonly groupMap?: readonly IdRange[];
  /** As the worker gives it to chown(2). `id`: one of `ids` */
  idOnDisk(id: number): number;
  /** The same of a group, where it differs. */
  groupOnDisk?(id: number): number;
  /**
   * As a layer carries it. `atime`: of an object that can have no attributes; `xattrs`: those of the object, as on
   * disk.
   */
  ownerOf(stat: Owner & { readonly atime?: Timestamp }, xattrs: Readonly<Record<string, ByteString>>): Owner;
  /** Attributes that keep what the ids on disk do not say. */
  record(node: RecordedNode): Readonly<Record<string, ByteString>>;
  /**
   * The same for an object that can have no attributes; undefined when there is nothing to keep.
   * @throws TsbuildError SANDBOX_NO_SUBUID
   */
  accessTime?(owner: Owner): Timestamp | undefined;
}

/**
 * Rung `userns`: id 0 of the worker is the invoking user, those of the container lie above. `ids`: as `containerIds` of
 * shifted-ids.ts
 */
export function shiftedOwnership(ids: readonly IdSpan[]): Ownership {
  return {
    scheme: 'shifted',
    ids: joinIds(ids),
    map: containerMap(ids),
    idOnDisk: workerIdOf,
    // Ids outside of the container cannot occur in what a process wrote; the kernel shows them as the overflow id.
    ownerOf: ({ uid, gid }) => ({ uid: containerIdOf(uid), gid: containerIdOf(gid) }),
    record: () => ({}),
  };
}

/** As the worker gives a group to chown(2). */
export function groupOnDisk(ownership: Ownership, id: number): number {
  return ownership.groupOnDisk?.(id) ?? ownership.idOnDisk(id);
}

/** Rung `chroot`: the worker is root without a user namespace, and ids on disk are those of the container. */
export const plainOwnership: Ownership = {
  scheme: 'plain',
  ids: ALL_IDS,
  map: [],
  idOnDisk: (id) => id,
  ownerOf: ({ uid, gid }) => ({ uid, gid }),
  record: () => ({}),
};

const CAPABILITY = 'security.capability';
const REVISION_MASK = 0xff000000;
const REVISION_2 = 0x02000000;
const REVISION_3 = 0x03000000;
/** Bytes of struct vfs_cap_data, and with the root id of revision 3 (linux/capability.h). */
const SIZE_2 = 20;

/**
 * Whether an extended attribute of a layer is kept in an unpacked tree: not the ones that steer the overlay or record
 * owners, nor those of the host's security modules.
 */
export function isTreeXattr(name: string): boolean {
  if (name === CAPABILITY) return true;
  return name.startsWith('user.') && !name.startsWith('user.overlay.') && !name.startsWith(RECORD_PREFIX);
}

/**
 * Whether an extended attribute on disk is part of a layer: not marks of the overlay, records of owners, or labels of
 * the host's security modules.
 */
export function isLayerXattr(name: string): boolean {
  return isTreeXattr(name) || name.startsWith('system.posix_acl_');
}

/** A file capability for the container's root: revision 3 with its id on disk. */
export function xattrForTree(name: string, value: ByteString, ownership: Ownership): ByteString {
  if (name !== CAPABILITY || value.length !== SIZE_2 || ownership.scheme === 'plain') return value;
  const bytes = Buffer.alloc(SIZE_2 + 4);
  bytes.write(value, 'latin1');
  bytes.writeUInt32LE(((bytes.readUInt32LE() & ~REVISION_MASK) | REVISION_3) >>> 0);
  bytes.writeUInt32LE(ownership.idOnDisk(0), SIZE_2);
  return bytes.toString('latin1') as ByteString;
}

/** The form layers carry: revision 2, valid for whichever root runs the image. */
export function xattrForLayer(name: string, value: ByteString): ByteString {
  if (name !== CAPABILITY || value.length <= SIZE_2) return value;
  const bytes = Buffer.from(value.slice(0, SIZE_2), 'latin1');
  bytes.writeUInt32LE(((bytes.readUInt32LE() & ~REVISION_MASK) | REVISION_2) >>> 0);
  return bytes.toString('latin1') as ByteString;
}
