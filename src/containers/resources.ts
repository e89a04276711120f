// Limits of a container's resources, where this host gives control groups to the user.
import type { ControlGroups } from '../sandbox/cgroup/control-groups.js';
import type { ResourceLimits } from '../sandbox/cgroup/limit-files.js';
import { TsbuildError } from '../core/errors.js';
import type { ContainerHost } from './container-host.js';
import type { HostConfig } from './container-record.js';

const PREFIX = 'tsbuild-container-';
const NANO = 1e9;

/**
 * Undefined without limits, and where there can be none, which is said: as docker does.
 * @throws TsbuildError SANDBOX_NO_CGROUP when the limits are to be strict
 */
export async function controlGroupsFor(
  host: ContainerHost,
  config: HostConfig,
): Promise<ControlGroups | undefined> {
  const limits = limitsOf(config);
  if (Object.keys(limits).length === 0) return undefined;
  const { openControlGroups } = await import('../sandbox/cgroup/open-control-groups.js');
  try {
    const groups = openControlGroups(limits);
    return groups && { ...groups, prefix: PREFIX };
  } catch (error) {
    if (config.isStrict || !(error instanceof TsbuildError) || error.code !== 'SANDBOX_NO_CGROUP')
      throw error;
    host.note(`the limits of resources are left out: ${error.message}`);
    return undefined;
  }
}

function limitsOf(config: HostConfig): ResourceLimits {
  const { memory, memorySwap, nanoCpus, cpuShares, cpusetCpus, pidsLimit } = config;
  return {
    ...(memory && { memoryBytes: memory }),
    ...(memorySwap && { memorySwapBytes: memorySwap }),
    ...(nanoCpus && { cpus: nanoCpus / NANO }),
    ...(cpuShares && { cpuShares }),
    ...(cpusetCpus && { cpusetCpus }),
    ...(pidsLimit !== undefined && pidsLimit > 0 && { pids: pidsLimit }),
  };
}
