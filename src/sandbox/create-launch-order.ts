// The order for a launcher: the part of a step that concerns its process, with its seccomp filter.
import type { LaunchOrder } from './launch-order.js';
import type { StepSpec } from '../worker/sandbox.js';
import type { StepFilters } from './process-filters.js';

export interface OrderOptions extends Pick<
  LaunchOrder,
  'rootfs' | 'scratch' | 'mounts' | 'entry' | 'isSupervised' | 'confinement' | 'secrets'
> {
  readonly filters: StepFilters;
}

/** @throws TsbuildError SANDBOX_FAILED on a machine without rules */
export function createLaunchOrder(step: StepSpec, { filters, ...place }: OrderOptions): LaunchOrder {
  const { argv, env, cwd, uid, gid, groups, hostname, network, isInsecure, ulimits } = step;
  const order = { argv, env, cwd, uid, gid, groups, hostname, network, isInsecure, ulimits, ...place };
  const filter = filters(step);
  return filter ? { ...order, filter } : order;
}
