// fuse-overlayfs as the file system of processes, for kernels that refuse overlayfs in a user namespace (before 5.11,
// or on file systems that cannot be its upper layer). Needs the device of FUSE.
import { closeSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import { openHall, type Hall } from './hall.js';
import { findProgram } from '../host/find-program.js';
import { attachAt } from './attach-at.js';
import { openDirectory } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
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
  const plain = plainPaths(calls, program);
  return unionDriver(calls, ownership, {
    name: 'fuse-overlayfs',
    mount: (options) => mount(calls, program, options, plain),
  });
}

/** Options that show the same until `close`. */
type PlainPaths = (options: OverlayOptions) => { readonly options: OverlayOptions; close(): void };

/** The program looks for the path of its upper directory, and takes a `:` in it for the beginning of the next one. */
function plainPaths(calls: SystemCalls, program: string): PlainPaths {
  let hall: Hall | undefined;
  return (options) => {
    const { upper, work } = options;
    if (upper?.includes(':') !== true || work === undefined) return { options, close() {} };
    // Through one mount, since the program moves files from one to the other.
    const directory = dirname(upper);
    hall ??= openHall(calls, {
      user: `fuse-overlayfs on a path with a colon (${directory})`,
      needed: [directory, program, process.execPath],
    });
    const room = hall.makeRoom();
    const source = openDirectory(directory);
    try {
      attachAt(calls, calls.cloneTree(source, { isRecursive: false }), room);
    } finally {
      closeSync(source);
    }
    return {
      options: {
        ...options,
        upper: join(room, basename(upper)),
        work: join(room, relative(directory, work)),
      },
      close: () => calls.detach(room),
    };
  };
}

async function mount(
  calls: SystemCalls,
  program: string,
  options: OverlayOptions,
  plain: PlainPaths,
): Promise<UnionMount> {
  const { target, upper } = options;
  // It makes sockets by the path of its work directory, so that path stays as long as the mount.
  const { options: shown, close } = plain(options);
  const daemon = await mountFuseOverlay(calls, program, shown).catch((error: unknown) => {
    close();
    throw error;
  });
  let isMounted = true;
  const detach = (): void => {
    if (isMounted) calls.detach(target);
    if (isMounted) close();
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
