// How ids and attributes of a layer look on disk inside the worker's user namespace, where id 0 is the invoking user and the ids of the
// container start at 1: container id n is worker id n + 1.
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';

export const CONTAINER_ROOT = 1;
/** Ids a container has. */
export const CONTAINER_IDS = 65536;

/** @throws TsbuildError LAYER_LIMIT for an id that the namespace does not have */
export function toWorkerId(id: number): number {
  if (id >= 0 && id < CONTAINER_IDS) return id + CONTAINER_ROOT;
  throw new TsbuildError(
    'LAYER_LIMIT',
    `the image has a file of user or group ${id}; RUN can use 0 to ${CONTAINER_IDS - 1}`,
  );
}

/** Ids outside of the container cannot occur in what a step wrote; the kernel shows them as the overflow id. */
export function toContainerId(id: number): number {
  return id - CONTAINER_ROOT;
}

const CAPABILITY = 'security.capability';
const REVISION_MASK = 0xff000000;
const REVISION_2 = 0x02000000;
const REVISION_3 = 0x03000000;
/** Bytes of struct vfs_cap_data, and with the root id of revision 3 (linux/capability.h). */
const SIZE_2 = 20;

/** Whether an extended attribute of a layer is kept in an unpacked tree: not the ones that steer the overlay, nor those of the host's security modules. */
export function isTreeXattr(name: string): boolean {
  if (name === CAPABILITY) return true;
  return name.startsWith('user.') && !name.startsWith('user.overlay.');
}

/** A file capability for the container's root: revision 3 with its id in this namespace. */
export function xattrForTree(name: string, value: ByteString): ByteString {
  if (name !== CAPABILITY || value.length !== SIZE_2) return value;
  const bytes = Buffer.alloc(SIZE_2 + 4);
  bytes.write(value, 'latin1');
  bytes.writeUInt32LE(((bytes.readUInt32LE() & ~REVISION_MASK) | REVISION_3) >>> 0);
  bytes.writeUInt32LE(CONTAINER_ROOT, SIZE_2);
  return bytes.toString('latin1') as ByteString;
}

/** The form layers carry: revision 2, valid for whichever root runs the image. */
export function xattrForLayer(name: string, value: ByteString): ByteString {
  if (name !== CAPABILITY || value.length <= SIZE_2) return value;
  const bytes = Buffer.from(value.slice(0, SIZE_2), 'latin1');
  bytes.writeUInt32LE(((bytes.readUInt32LE() & ~REVISION_MASK) | REVISION_2) >>> 0);
  return bytes.toString('latin1') as ByteString;
}
