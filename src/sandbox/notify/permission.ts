// Permission bits as they apply to the ids that a process believes to have (path_resolution(7)). The kernel sees one id
// only, and would let every user of a command write everywhere. Pure.
import type { RecordedOwner } from '../../rootfs/owner-record.js';
import { isMemberOf, isPrivileged, type Credentials } from './credentials.js';

export const MAY_EXECUTE = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

/** Whether an object of this owner and mode grants all of `wanted` (MAY_* bits). */
export function isGranted(
  credentials: Credentials,
  owner: RecordedOwner,
  mode: number,
  wanted: number,
): boolean {
  const isRoot = credentials.user.filesystem === 0 && !credentials.hasNoPrivilege;
  if (isPrivileged(credentials) || isRoot) return true;
  const shift = credentials.user.filesystem === owner.uid ? 6 : isMemberOf(credentials, owner.gid) ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}

/** Whether names may be added to a directory. */
export function maySearchAndWrite(credentials: Credentials, owner: RecordedOwner, mode: number): boolean {
  return isGranted(credentials, owner, mode, MAY_EXECUTE | MAY_WRITE);
}
