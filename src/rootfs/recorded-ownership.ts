// The scheme of rung `userns-single`: all files belong to the one id there is, and whose they are stands in records
// (owner-record.ts).
import {
  decodeOwner,
  deviceOfNode,
  encodeOwner,
  isRootOwner,
  OWNER_XATTR,
  ownerOfTime,
  timeOfOwner,
} from './owner-record.js';
import { TsbuildError } from '../core/errors.js';
import { ALL_IDS } from './id-spans.js';
import type { Ownership } from './ownership.js';

export const recordedOwnership: Ownership = {
  scheme: 'recorded',
  ids: ALL_IDS,
  map: [{ inside: 0, outside: 0, count: 1 }],
  idOnDisk: () => 0,
  ownerOf: ({ atime }, xattrs) =>
    decodeOwner(xattrs[OWNER_XATTR]) ?? (atime && ownerOfTime(atime)) ?? { uid: 0, gid: 0 },
  record(owner) {
    // A directory may have got a record before; a device is found by its owner's.
    const isWritten = !isRootOwner(owner) || owner.type === 'dir' || deviceOfNode(owner) !== undefined;
    return isWritten ? { [OWNER_XATTR]: encodeOwner(owner) } : {};
  },
  accessTime(owner) {
    if (isRootOwner(owner)) return undefined;
    const time = timeOfOwner(owner);
    if (time) return time;
    throw new TsbuildError(
      'SANDBOX_NO_SUBUID',
      `isolation userns-single cannot record user ${owner.uid} with group ${owner.gid} of a link, a FIFO or a socket`,
      { hint: 'use subordinate ids (--isolation userns), or two ids that are nearly the same' },
    );
  },
};
