// fuse-overlayfs as the file system of steps, for kernels that refuse overlayfs in a user namespace (before 5.11, or on file systems
// that cannot be its upper layer). Needs the device of FUSE.
import { TsbuildError } from '../../core/errors.js';
import { findProgram } from '../sandbox/find-program.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { adoptMarks } from './fuse-marks.js';
import { mountFuseOverlay } from './fuse-mount.js';
import type { OverlayOptions } from './overlay.js';
import type { Ownership } from './ownership.js';
import type { RootfsDriver } from './rootfs-driver.js';
import { unionDriver, type UnionMount } from './union-driver.js';

/** With the program of this host. @throws TsbuildError SANDBOX_NO_OVERLAY when it is not installed */
export function openFuseDriver(calls: SystemCalls, ownership: Ownership): RootfsDriver {
  const program = findProgram('fuse-overlayfs');
  if (program === undefined)
    throw new TsbuildError('SANDBOX_NO_OVERLAY', 'fuse-overlayfs is not installed', {
      hint: 'sudo apt-get install fuse-overlayfs',
    });
  return unionDriver(calls, ownership, {
    name: 'fuse-overlayfs',
    mount: (options) => mount(calls, program, options),
  });
}

async function mount(calls: SystemCalls, program: string, options: OverlayOptions): Promise<UnionMount> {
  const { target, upper } = options;
  const daemon = await mountFuseOverlay(calls, program, options);
  let isMounted = true;
  const detach = (): void => {
    if (isMounted) calls.detach(target);
    isMounted = false;
  };
  return {
    async finish() {
      detach();
      await daemon.exited;
      if (upper !== undefined) adoptMarks(calls, upper);
    },
    discard() {
      daemon.kill();
      detach();
    },
  };
}
