// Names of --ulimit (docker/go-units ulimit.go) and their RLIMIT_* numbers of asm-generic/resource.h. Data.

export const RESOURCE_LIMITS: Readonly<Record<string, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

/** -1 stands for no limit (RLIM_INFINITY). */
export function limitValue(value: number): bigint {
  return value < 0 ? 0xffffffffffffffffn : BigInt(value);
}
