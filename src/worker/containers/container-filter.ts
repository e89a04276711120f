// The seccomp filter of a container.
import { release } from 'node:os';
import { TsbuildError } from '../../core/errors.js';
import { encodeProgram } from '../../sandbox/seccomp/assemble-filter.js';
import { assembleProfile } from '../../sandbox/seccomp/assemble-profile.js';
import { rulesOfProfile } from '../../sandbox/seccomp/profile.js';
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
  if (typeof seccomp === 'object' && !isPrivileged) return filterOfProfile(seccomp.profile, bits);
  const filters = createProcessFilters({
    profile: (machine) => withCapabilities(defaultProfile(machine), bits),
    isSupervised,
  });
  const isInsecure = isPrivileged || seccomp === 'unconfined';
  // Permissions are checked for one that has not all of root's.
  const isGuarded = uid !== 0 || lacksAnswered(bits);
  return filters({ isInsecure, uid: isGuarded ? GUARDED : 0 });
}

/** @throws TsbuildError OPTION_INVALID | SANDBOX_UNSUPPORTED */
function filterOfProfile(profile: string, capabilities: bigint): Uint8Array {
  const machine = process.arch === 'arm64' ? 'arm64' : 'x64';
  const program = assembleProfile(rulesOfProfile(profile, { machine, capabilities, kernel: release() }));
  if (program.length > MOST_INSTRUCTIONS)
    throw new TsbuildError(
      'SANDBOX_UNSUPPORTED',
      `the seccomp profile makes a filter of ${program.length} instructions: the kernel takes ${MOST_INSTRUCTIONS}`,
      { hint: 'write fewer rules with arguments' },
    );
  return encodeProgram(program);
}

/** BPF_MAXINSNS */
const MOST_INSTRUCTIONS = 4096;
const GUARDED = 1;

/** What a supervisor's answers are about. */
const ANSWERED = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'SETGID', 'SETUID', 'MKNOD'];

/** Whether root lacks a capability that a supervisor's answers are about. @param bits of linux/capability.h */
export function lacksAnswered(bits: bigint): boolean {
  return ANSWERED.some((name) => ((bits >> BigInt(CAPABILITY_NAMES.indexOf(name))) & 1n) === 0n);
}
