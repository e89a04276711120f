// How a launcher gives what it makes to a user of the container: by chown(2), or by a record where there is only one
// id.
import { encodeOwner, isRootOwner, OWNER_XATTR, type RecordedOwner } from './owner-record.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError, type Name } from '../host/syscalls/binding.js';
import { O_NOFOLLOW, O_RDONLY } from '../host/syscalls/open-flags.js';

/** Of the regular file or directory `name` in an open directory. */
export type OwnerWriter = (dir: number, name: Name, owner: RecordedOwner) => void;

export function ownerWriter(
  calls: SystemCalls,
  { isSupervised = false }: { readonly isSupervised?: boolean },
): OwnerWriter {
  if (!isSupervised) return (dir, name, { uid, gid }) => calls.lchownat(dir, name, uid, gid);
  return (dir, name, owner) => {
    if (isRootOwner(owner)) return;
    const fd = calls.openat(dir, name, O_RDONLY | O_NOFOLLOW);
    try {
      calls.setXattr(fd, OWNER_XATTR, encodeOwner(owner));
    } catch (error) {
      // A tmpfs of a kernel before 6.6 keeps no record; it never is part of a layer.
      if (!isSystemCallError(error, 'ENOTSUP', 'EOPNOTSUPP')) throw error;
    } finally {
      calls.close(fd);
    }
  };
}
