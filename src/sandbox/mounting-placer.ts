// Mounts where there are namespaces: the launcher makes all of them, and they end with it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createLaunchOrder } from './launch-order.js';
import { planMounts } from './mount-plan.js';
import type { MountPlacer, PinOptions } from './mount-placer.js';
import { attachAt } from '../rootfs/attach-at.js';
import { defaultProfile } from './seccomp/default-profile.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { createProcessFilters } from './process-filters.js';

/** `isSupervised`: commands have one id, and a supervisor (notify/supervisor-main.ts). */
export function mountingPlacer(
  calls: SystemCalls,
  { isSupervised = false }: { readonly isSupervised?: boolean } = {},
): MountPlacer {
  const filters = createProcessFilters({ profile: defaultProfile, isSupervised });
  return {
    canShareCaches: true,
    warm: () => void filters({ isInsecure: false, uid: 0 }),
    check() {},
    pin: (options) => pin(calls, options),
    async place({ spec, rootfs, prepared, makeDirectory }) {
      const order = createLaunchOrder(spec, {
        rootfs,
        scratch: makeDirectory('scratch'),
        mounts: planMounts(spec, prepared, { hasOneId: isSupervised }),
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
  attachAt(calls, calls.cloneTree(fd, { isRecursive: false }), path);
  onCleanUp(() => calls.detach(path));
  return path;
}
