// The kernel's overlayfs as the file system of processes.
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { mountOverlay, type OverlayOptions } from './overlay.js';
import type { Ownership } from './ownership.js';
import type { RootfsDriver } from './rootfs-driver.js';
import { unionDriver, type UnionMount } from './union-driver.js';

export function overlayDriver(calls: SystemCalls, ownership: Ownership): RootfsDriver {
  return unionDriver(calls, ownership, {
    name: 'overlay',
    mount: async (options) => mount(calls, options),
  });
}

function mount(calls: SystemCalls, options: OverlayOptions): UnionMount {
  mountOverlay(calls, options);
  let isMounted = true;
  const discard = (): void => {
    if (isMounted) calls.detach(options.target);
    isMounted = false;
  };
  // Everything lies in the upper directory at once. Unmounting throws away what the kernel knows of each file, which
  // nobody waits for.
  return { discard, finish: async () => undefined };
}
