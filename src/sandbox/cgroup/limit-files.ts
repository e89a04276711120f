// From the resources of a request to the files of a control group of version 2 (Linux
// Documentation/admin-guide/cgroup-v2.rst); numbers of version 1 are converted as runc does (libcontainer/cgroups
// utils.go). Pure.

/** What a command and all it starts may use together. */
export interface ResourceLimits {
  readonly memoryBytes?: number;
  /** Memory and swap together, -1 for unlimited swap. */
  readonly memorySwapBytes?: number;
  /** May be a fraction. Not together with `cpuQuota`. */
  readonly cpus?: number;
  /** 2 to 262144, 1024 is the usual share. */
  readonly cpuShares?: number;
  /** Microseconds. */
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  /** `0-2,5` */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** Processes and threads. */
  readonly pids?: number;
}

export interface LimitFile {
  /** Name in the directory of a group; what stands before the first dot is its controller. */
  readonly name: string;
  readonly value: string;
  /** The option that asked for it, for messages. */
  readonly option: string;
  /** Kernels without swap accounting lack the file. */
  readonly isOptional?: boolean;
}

/** Microseconds; the kernel's own default. */
const DEFAULT_PERIOD = 100_000;

export function limitFiles(resources: ResourceLimits): LimitFile[] {
  return [...memoryFiles(resources), ...cpuFiles(resources), ...otherFiles(resources)];
}

/** Names of the controllers that the files belong to. */
export function controllersOf(files: readonly LimitFile[]): string[] {
  return [...new Set(files.map(({ name }) => name.slice(0, name.indexOf('.'))))];
}

function memoryFiles({ memoryBytes, memorySwapBytes }: ResourceLimits): LimitFile[] {
  if (memoryBytes === undefined) return [];
  return [
    { name: 'memory.max', value: String(memoryBytes), option: 'memory' },
    swapFile(memoryBytes, memorySwapBytes),
    // Without memory the whole command is killed. If a part of it went on, its result could be wrong.
    { name: 'memory.oom.group', value: '1', option: 'memory', isOptional: true },
  ];
}

/**
 * `memorySwapBytes` counts memory and swap together; -1 is unlimited. Without it there is as much swap as memory
 * (docker run --memory-swap).
 */
function swapFile(memoryBytes: number, memorySwapBytes: number | undefined): LimitFile {
  const name = 'memory.swap.max';
  if (memorySwapBytes === undefined)
    return { name, value: String(memoryBytes), option: 'memory', isOptional: true };
  const value = memorySwapBytes === -1 ? 'max' : String(memorySwapBytes - memoryBytes);
  return { name, value, option: 'memory-swap' };
}

function cpuFiles({ cpus, cpuShares, cpuPeriod, cpuQuota }: ResourceLimits): LimitFile[] {
  const period = cpuPeriod ?? DEFAULT_PERIOD;
  const quota = cpus === undefined ? cpuQuota : Math.round(cpus * period);
  const isLimited = quota !== undefined || cpuPeriod !== undefined;
  const limit = quota === undefined || quota < 0 ? 'max' : String(quota);
  return [
    ...(isLimited
      ? [{ name: 'cpu.max', value: `${limit} ${period}`, option: cpus === undefined ? 'cpu-quota' : 'cpu' }]
      : []),
    ...(cpuShares === undefined
      ? []
      : [{ name: 'cpu.weight', value: String(weightOf(cpuShares)), option: 'cpu-shares' }]),
  ];
}

/** Shares of version 1 (2 to 262144) to weights of version 2 (1 to 10000). */
function weightOf(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9999) / 262_142);
}

function otherFiles({ cpusetCpus, cpusetMems, pids }: ResourceLimits): LimitFile[] {
  const files = [
    { name: 'cpuset.cpus', value: cpusetCpus, option: 'cpuset-cpus' },
    { name: 'cpuset.mems', value: cpusetMems, option: 'cpuset-mems' },
    { name: 'pids.max', value: pids === undefined ? undefined : String(pids), option: 'pids' },
  ];
  return files.flatMap(({ value, ...file }) => (value === undefined ? [] : [{ ...file, value }]));
}
