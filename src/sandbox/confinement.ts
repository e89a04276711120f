// How Landlock (landlock(7)) binds a command to its root where nothing can be mounted. chroot(2) alone does not: a
// process with another root can hand over a descriptor. Data and pure functions.

export interface Confinement {
  /** The version of Landlock that is used. 0 or a negative errno: there is none. */
  readonly version: number;
  /** Rights on files that the command has only below its root; bits of linux/landlock.h. 0: it is not bound. */
  readonly rights: bigint;
  /** Whether the command reaches only its own abstract sockets and processes. */
  readonly isApart: boolean;
}

/** LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL. */
export const SCOPES = 0x3n;
const SCOPED_SINCE = 6;

/** LANDLOCK_ACCESS_FS_REFER: rename and link into another directory. */
export const REFER = 0x2000n;

/** Rights that each version knows: those not named are not checked. A higher version knows those of the lower ones. */
const RIGHTS: readonly (readonly [version: number, rights: bigint])[] = [
  // Version 1 refuses every rename and link into another directory: no program expects that.
  [2, 0x3fffn],
  // Truncate.
  [3, 0x7fffn],
  // Ioctl on devices.
  [5, 0xffffn],
];

const [ENOSYS, EOPNOTSUPP] = [38, 95];

export function confinementOf(version: number): Confinement {
  const rights = RIGHTS.findLast(([since]) => version >= since)?.[1] ?? 0n;
  return { version, rights, isApart: version >= SCOPED_SINCE };
}

/** What `tsbuild doctor` says of it. */
export function describeConfinement({ version, isApart }: Confinement): string {
  if (isApart)
    return `Landlock (version ${version}) keeps steps apart from each other and from other processes`;
  return `steps run one at a time over all builds of this machine, and can signal its processes: ${weakness(version)}`;
}

function weakness(version: number): string {
  if (version === -EOPNOTSUPP) return 'Landlock is not enabled in this kernel (its command line: lsm=)';
  if (version === -ENOSYS || version === 0) return 'this kernel has no Landlock';
  if (version < 0) return 'the seccomp filter of this container refuses Landlock';
  return `its Landlock (version ${version}) does not keep steps apart, as that of Linux 6.12 does`;
}
