// The ids that a process of a command believes to have, and how the system calls change them (credentials(7),
// setuid(2), setreuid(2), setresuid(2), setfsuid(2)). Privileged is whoever has effective user 0, or was when it asked
// to keep its capabilities. Pure.

export interface IdSet {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly filesystem: number;
}

export interface Credentials {
  readonly user: IdSet;
  readonly group: IdSet;
  readonly groups: readonly number[];
  /** PR_SET_KEEPCAPS (prctl(2)) was set while it was privileged. */
  readonly isKept?: boolean;
  /** Its command lacks capabilities of root. */
  readonly hasNoPrivilege?: boolean;
}

/** Leave as it is, where a call takes several ids. */
export const UNCHANGED = 0xffffffff;

export function credentialsOf(user: {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}): Credentials {
  return { user: allOf(user.uid), group: allOf(user.gid), groups: sortedGroups(user.groups) };
}

/** As the kernel keeps them. */
export function sortedGroups(groups: readonly number[]): number[] {
  return groups.toSorted((a, b) => a - b);
}

export function isPrivileged({ user, isKept = false, hasNoPrivilege = false }: Credentials): boolean {
  return !hasNoPrivilege && (user.effective === 0 || isKept);
}

export function isMemberOf({ group, groups }: Credentials, gid: number): boolean {
  return group.filesystem === gid || groups.includes(gid);
}

function allOf(id: number): IdSet {
  return { real: id, effective: id, saved: id, filesystem: id };
}

interface Privilege {
  readonly isPrivileged: boolean;
}

/** setuid, setgid. Undefined: not permitted. */
export function setOne(ids: IdSet, id: number, { isPrivileged: may }: Privilege): IdSet | undefined {
  if (may) return allOf(id);
  return id === ids.real || id === ids.saved ? { ...ids, effective: id, filesystem: id } : undefined;
}

/** setreuid, setregid. Undefined: not permitted. */
export function setPair(
  ids: IdSet,
  [real, effective]: readonly [number, number],
  { isPrivileged: may }: Privilege,
): IdSet | undefined {
  const realAllowed = [UNCHANGED, ids.real, ids.effective];
  if (!may && !(realAllowed.includes(real) && [...realAllowed, ids.saved].includes(effective)))
    return undefined;
  const next = {
    real: real === UNCHANGED ? ids.real : real,
    effective: effective === UNCHANGED ? ids.effective : effective,
  };
  const isSaved = real !== UNCHANGED || (effective !== UNCHANGED && effective !== ids.real);
  return { ...next, saved: isSaved ? next.effective : ids.saved, filesystem: next.effective };
}

/** setresuid, setresgid. Undefined: not permitted. */
export function setTriple(
  ids: IdSet,
  wanted: readonly [number, number, number],
  { isPrivileged: may }: Privilege,
): IdSet | undefined {
  const allowed = [UNCHANGED, ids.real, ids.effective, ids.saved];
  if (!may && !wanted.every((id) => allowed.includes(id))) return undefined;
  const [real, effective, saved] = wanted;
  const next = {
    real: real === UNCHANGED ? ids.real : real,
    effective: effective === UNCHANGED ? ids.effective : effective,
    saved: saved === UNCHANGED ? ids.saved : saved,
  };
  return { ...next, filesystem: next.effective };
}

/** setfsuid, setfsgid, which fail by changing nothing. */
export function setFilesystem(ids: IdSet, id: number, { isPrivileged: may }: Privilege): IdSet {
  const allowed = [ids.real, ids.effective, ids.saved, ids.filesystem];
  return id !== UNCHANGED && (may || allowed.includes(id)) ? { ...ids, filesystem: id } : ids;
}

/** prctl(2) with PR_SET_KEEPCAPS. */
export function keepPrivilege(
  credentials: Credentials,
  { isWanted }: { readonly isWanted: boolean },
): Credentials {
  const { user, group, groups } = credentials;
  return { user, group, groups, ...(isWanted && isPrivileged(credentials) && { isKept: true }) };
}

/**
 * execve(2) of a file with set-id bits: `uid`, `gid` when the bit is there; the saved ids always follow the effective
 * ones.
 */
export function afterExecution(
  { user, group, groups, hasNoPrivilege }: Credentials,
  { uid = user.effective, gid = group.effective }: { readonly uid?: number; readonly gid?: number },
): Credentials {
  return {
    user: { real: user.real, effective: uid, saved: uid, filesystem: uid },
    group: { real: group.real, effective: gid, saved: gid, filesystem: gid },
    groups,
    ...(hasNoPrivilege && { hasNoPrivilege }),
  };
}
