// The seccomp filter of a container.
import { CAPABILITY_NAMES } from '../../sandbox/capabilities.js';
import { createProcessFilters } from '../../sandbox/process-filters.js';
import { defaultProfile } from '../../sandbox/seccomp/default-profile.js';
import { withCapabilities } from '../../sandbox/seccomp/capability-calls.js';
import type { ContainerProcess } from './container-process.js';

type Filtered = Pick<ContainerProcess, 'seccomp' | 'isPrivileged' | 'uid' | 'capabilities'>;

/** Encoded; undefined for one without a filter. @throws TsbuildError SANDBOX_FAILED on a machine without rules */
export function filterOf(
  { seccomp, isPrivileged, uid, capabilities }: Filtered,
  { isSupervised = false }: { readonly isSupervised?: boolean } = {},
): Uint8Array | undefined {
  const bits = BigInt(`0x${capabilities}`);
  const filters = createProcessFilters({
    profile: (machine) => withCapabilities(defaultProfile(machine), bits),
    isSupervised,
  });
  const isInsecure = isPrivileged || seccomp === 'unconfined';
  // Permissions are checked for one that has not all of root's.
  const isGuarded = uid !== 0 || lacksAnswered(bits);
  return filters({ isInsecure, uid: isGuarded ? GUARDED : 0 });
}

const GUARDED = 1;

/** What a supervisor's answers are about. */
const ANSWERED = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'SETGID', 'SETUID', 'MKNOD'];

/** Whether root lacks a capability that a supervisor's answers are about. @param bits of linux/capability.h */
export function lacksAnswered(bits: bigint): boolean {
  return ANSWERED.some((name) => ((bits >> BigInt(CAPABILITY_NAMES.indexOf(name))) & 1n) === 0n);
}
