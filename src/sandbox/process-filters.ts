// The seccomp filters of commands on this machine. Each is assembled only once: its thousands of comparisons take a
// tenth of the time of a small command.
import { TsbuildError } from '../core/errors.js';
import { openProfile, supervisedRules } from './notify/trapped-calls.js';
import type { AnyProcess } from './process-spec.js';
import { assembleFilter, encodeProgram } from './seccomp/assemble-filter.js';
import type { ArchRules } from './seccomp/default-profile.js';

/**
 * The encoded filter; undefined for a command that is insecure and not supervised.
 * @throws TsbuildError SANDBOX_FAILED on a machine without rules
 */
export type ProcessFilters = (command: Pick<AnyProcess, 'isInsecure' | 'uid'>) => Uint8Array | undefined;

export interface ProcessFiltersOptions {
  readonly profile: (machine: 'x64' | 'arm64') => readonly ArchRules[];
  /** Whether calls go to a supervisor. */
  readonly isSupervised: boolean;
}

export function createProcessFilters({ profile, isSupervised }: ProcessFiltersOptions): ProcessFilters {
  const made = new Map<string, Uint8Array>();
  return ({ isInsecure, uid }) => {
    if (isInsecure && !isSupervised) return undefined;
    const isGuarded = uid !== 0;
    const key = `${isInsecure} ${isGuarded}`;
    const known = made.get(key);
    if (known) return known;
    if (process.arch !== 'x64' && process.arch !== 'arm64')
      throw new TsbuildError(
        'SANDBOX_FAILED',
        `the sandbox is supported on x64 and arm64, this is ${process.arch}`,
      );
    const rules = isInsecure ? openProfile(profile(process.arch)) : profile(process.arch);
    const filter = encodeProgram(
      assembleFilter(isSupervised ? supervisedRules(rules, { isGuarded }) : rules),
    );
    made.set(key, filter);
    return filter;
  };
}
