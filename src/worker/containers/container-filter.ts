// The seccomp filter of a container.
import { createProcessFilters } from '../../sandbox/process-filters.js';
import { defaultProfile } from '../../sandbox/seccomp/default-profile.js';
import { withCapabilities } from '../../sandbox/seccomp/capability-calls.js';
import type { ContainerProcess } from './container-process.js';

/** Encoded; undefined for one without a filter. @throws TsbuildError SANDBOX_FAILED on a machine without rules */
export function filterOf({
  seccomp,
  isPrivileged,
  uid,
  capabilities,
}: Pick<ContainerProcess, 'seccomp' | 'isPrivileged' | 'uid' | 'capabilities'>): Uint8Array | undefined {
  if (isPrivileged || seccomp === 'unconfined') return undefined;
  const bits = BigInt(`0x${capabilities}`);
  const filters = createProcessFilters({
    profile: (machine) => withCapabilities(defaultProfile(machine), bits),
    isSupervised: false,
  });
  return filters({ isInsecure: false, uid });
}
