// The order for a launcher: the part of a step that concerns its process, with the seccomp filter for this machine.
import { TsbuildError } from '../../core/errors.js';
import type { LaunchOrder } from '../sandbox/launch-order.js';
import { openProfile, supervisedRules, type TrapOptions } from '../sandbox/notify/trapped-calls.js';
import type { StepSpec } from '../sandbox/sandbox.js';
import { assembleFilter, encodeProgram } from '../sandbox/seccomp/assemble-filter.js';
import type { ArchRules } from '../sandbox/seccomp/default-profile.js';

export interface OrderOptions extends Pick<
  LaunchOrder,
  'rootfs' | 'scratch' | 'mounts' | 'entry' | 'isSupervised'
> {
  /** The rules of the seccomp filter. */
  readonly profile: (machine: 'x64' | 'arm64') => readonly ArchRules[];
}

/** @throws TsbuildError SANDBOX_FAILED on a machine without rules */
export function createLaunchOrder(step: StepSpec, { profile, ...place }: OrderOptions): LaunchOrder {
  const { argv, env, cwd, uid, gid, groups, hostname, network, isInsecure, ulimits } = step;
  const order = {
    argv,
    env,
    cwd,
    uid,
    gid,
    groups,
    hostname,
    network,
    isInsecure,
    ulimits,
    ...place,
  };
  const isSupervised = place.isSupervised ?? false;
  const filter = encodedFilter(profile, { isInsecure, isSupervised, isGuarded: uid !== 0 });
  return filter ? { ...order, filter } : order;
}

interface FilterOptions extends TrapOptions {
  readonly isInsecure: boolean;
  readonly isSupervised: boolean;
}

function encodedFilter(
  profile: OrderOptions['profile'],
  { isInsecure, isSupervised, isGuarded }: FilterOptions,
): Uint8Array | undefined {
  if (isInsecure && !isSupervised) return undefined;
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    throw new TsbuildError('SANDBOX_FAILED', `RUN is supported on x64 and arm64, this is ${process.arch}`);
  const rules = isInsecure ? openProfile(profile(process.arch)) : profile(process.arch);
  return encodeProgram(assembleFilter(isSupervised ? supervisedRules(rules, { isGuarded }) : rules));
}
