// The port between a process and how its mounts come to stand on its rootfs: by mounting, in the launcher's namespaces
// (mounting-placer.ts), or by putting things in the place of others, where nothing can be mounted
// (chroot/substituting-placer.ts).
import type { LaunchOrder } from './launch-order.js';
import type { PreparedMount } from './mount-plan.js';
import type { Stub } from '../rootfs/path-in-root.js';
import type { AnyProcess } from './process-spec.js';
import type { LaunchIo } from './launcher/start-process.js';

export interface PlaceOptions {
  readonly spec: AnyProcess;
  /** Path of the rootfs. */
  readonly rootfs: string;
  readonly prepared: readonly PreparedMount[];
  /** Makes an empty directory of the process' own, on the file system of the trees. */
  readonly makeDirectory: (name: string) => string;
  readonly onOutput: LaunchIo['onOutput'];
}

export interface Placement {
  readonly order: LaunchOrder;
  /** Just before the command: what must not be there before the process is guarded. */
  readonly complete?: () => void;
  /**
   * After the command, once: nothing of the process runs any more. Then nothing of the mounts is in the rootfs.
   * @returns mount points to be removed
   */
  clear(): Promise<readonly Stub[]>;
}

export interface PinOptions {
  /** O_PATH descriptor of a directory. */
  readonly fd: number;
  /** The directory of the process' mounts, and a name that is free in it. */
  readonly directory: string;
  readonly name: string;
  readonly onCleanUp: (undo: () => void) => void;
}

export interface MountPlacer {
  /** Whether two processes can have one cache directory at the same time. */
  readonly canShareCaches: boolean;
  /** Puts together what most processes need: while the front still makes what the first one stands on. */
  warm?(): void;
  /** Before anything is done for the process. @throws TsbuildError SANDBOX_UNSUPPORTED for what this rung cannot do */
  check(spec: AnyProcess): void;
  /** A path that stands for the directory until the process has ended, whatever becomes of its name. */
  pin(options: PinOptions): string;
  /** @throws TsbuildError SANDBOX_FAILED | LAYER_UNSAFE | COPY_NOT_FOUND */
  place(options: PlaceOptions): Promise<Placement>;
}
