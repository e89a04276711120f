// Stages of rungs with namespaces: the launcher makes all mounts, and they end with it.
import { closeSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { planMounts } from './mount-plan.js';
import { openDirectory } from '../rootfs/path-in-root.js';
import { defaultProfile } from './seccomp/default-profile.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { createLaunchOrder } from './create-launch-order.js';
import { createStepFilters } from './process-filters.js';
import type { PinOptions, StageBuilder } from './mount-placer.js';

/** `isSupervised`: steps have one id, and a supervisor (sandbox/notify/supervisor-main.ts). */
export function mountedStage(
  calls: SystemCalls,
  { isSupervised = false }: { readonly isSupervised?: boolean } = {},
): StageBuilder {
  const filters = createStepFilters({ profile: defaultProfile, isSupervised });
  return {
    canShareCaches: true,
    warm: () => void filters({ isInsecure: false, uid: 0 }),
    check() {},
    pin: (options) => pin(calls, options),
    async set({ step, rootfs, prepared, makeDirectory }) {
      const order = createLaunchOrder(step, {
        rootfs,
        scratch: makeDirectory('scratch'),
        mounts: planMounts(step, prepared, { hasOneId: isSupervised }),
        filters,
        isSupervised,
      });
      return { order, clear: async () => [] };
    },
  };
}

function pin(calls: SystemCalls, { fd, directory, name, onCleanUp }: PinOptions): string {
  const path = join(directory, name);
  mkdirSync(path, { mode: 0o700 });
  const target = openDirectory(path);
  const clone = calls.cloneTree(fd, { isRecursive: false });
  calls.attach(clone, target);
  onCleanUp(() => calls.detach(path));
  for (const held of [target, clone]) closeSync(held);
  return path;
}
