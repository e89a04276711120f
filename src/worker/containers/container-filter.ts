// The seccomp filter of a container.
import { createProcessFilters } from '../../sandbox/process-filters.js';
import { defaultProfile } from '../../sandbox/seccomp/default-profile.js';
import type { ContainerProcess } from './container-process.js';

/** Encoded; undefined for one without a filter. @throws TsbuildError SANDBOX_FAILED on a machine without rules */
export function filterOf({
  seccomp,
  isPrivileged,
  uid,
}: Pick<ContainerProcess, 'seccomp' | 'isPrivileged' | 'uid'>): Uint8Array | undefined {
  if (isPrivileged || seccomp === 'unconfined') return undefined;
  return createProcessFilters({ profile: defaultProfile, isSupervised: false })({ isInsecure: false, uid });
}
