// The scheme of rung `userns-single`: all files belong to the one id there is, and whose they are stands in records (owner-record.ts).
import {
  decodeOwner,
  deviceOfNode,
  encodeOwner,
  isRootOwner,
  OWNER_XATTR,
  ownerOfTime,
  timeOfOwner,
} from './owner-record.js';
import { checkedId, type Ownership } from './ownership.js';

export const recordedOwnership: Ownership = {
  scheme: 'recorded',
  mappedIds: 1,
  idOnDisk(id) {
    checkedId(id);
    return 0;
  },
  ownerOf: ({ atime }, xattrs) =>
    decodeOwner(xattrs[OWNER_XATTR]) ?? (atime && ownerOfTime(atime)) ?? { uid: 0, gid: 0 },
  record(owner) {
    // A directory may have got a record before; a device is found by its owner's.
    const isWritten = !isRootOwner(owner) || owner.type === 'dir' || deviceOfNode(owner) !== undefined;
    return isWritten ? { [OWNER_XATTR]: encodeOwner(owner) } : {};
  },
  accessTime: (owner) => (isRootOwner(owner) ? undefined : timeOfOwner(owner)),
};
