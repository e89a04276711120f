// Docker's default capabilities (containerd's pkg/oci/spec.go, defaultUnixCaps) by number of linux/capability.h. Data.

const DEFAULT = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  NET_BIND_SERVICE: 10,
  NET_RAW: 13,
  SYS_CHROOT: 18,
  MKNOD: 27,
  AUDIT_WRITE: 29,
  SETFCAP: 31,
} as const;

/** Without `CAP_`. */
export const DEFAULT_CAPABILITY_NAMES: readonly string[] = Object.keys(DEFAULT);

/** Bit n = capability n. */
export const DEFAULT_CAPABILITIES: bigint = Object.values(DEFAULT).reduce(
  (bits: bigint, number) => bits | (1n << BigInt(number)),
  0n,
);

export const CAP_DAC_OVERRIDE: bigint = 1n << BigInt(DEFAULT.DAC_OVERRIDE);
export const CAP_MKNOD: bigint = 1n << BigInt(DEFAULT.MKNOD);

/**
 * Without namespaces: a second chroot(2) leads out of the first one, and a device node is the disk of the host. In a
 * user namespace the kernel keeps both harmless.
 */
export const CHROOT_CAPABILITIES: bigint =
  DEFAULT_CAPABILITIES & ~((1n << BigInt(DEFAULT.SYS_CHROOT)) | (1n << BigInt(DEFAULT.MKNOD)));

/** Numbers the kernel might know; it refuses the ones it does not. */
export const CAPABILITY_COUNT = 64;

/** Of all capabilities, in the order of their numbers. */
export const CAPABILITY_NAMES: readonly string[] = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST ' +
  'NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE ' +
  'SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM ' +
  'BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');
