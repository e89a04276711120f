// Docker's default capabilities (dockerfile.md section 4) by number of linux/capability.h. Data.

const DEFAULT: Readonly<Record<string, number>> = {
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
};

/** Bit n = capability n. */
export const DEFAULT_CAPABILITIES: bigint = Object.values(DEFAULT).reduce(
  (bits, number) => bits | (1n << BigInt(number)),
  0n,
);

/** Numbers the kernel might know; it refuses the ones it does not. */
export const CAPABILITY_COUNT = 64;
