// How the mounts of a command come to stand on its rootfs. Either the launcher mounts them in its namespaces
// (mounting-placer.ts), or, where nothing can be mounted, substitutes are put into the rootfs
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
  /** Makes an empty directory for this command alone, on the file system of the trees. */
  readonly makeDirectory: (name: string) => string;
  readonly onOutput: LaunchIo['onOutput'];
}

export interface Placement {
  readonly order: LaunchOrder;
  /**
   * To be called just before the command starts: puts in what must not be there before the ender and the guards are.
   */
  readonly complete?: () => void;
  /**
   * To be called once, when nothing of the command runs any more. Takes everything of the mounts out of the rootfs.
   * @returns mount points to be removed
   */
  clear(): Promise<readonly Stub[]>;
}

export interface PinOptions {
  /** O_PATH descriptor of a directory. */
  readonly fd: number;
  /** The directory for the mounts of the command, and a name that is free in it. */
  readonly directory: string;
  readonly name: string;
  readonly onCleanUp: (undo: () => void) => void;
}

export interface MountPlacer {
  /** Whether two commands can have one cache directory at the same time. */
  readonly canShareCaches: boolean;
  /** Makes what most commands need ahead of time, while the first rootfs is still being made. */
  warm?(): void;
  /**
   * To be called before anything is done for the command.
   * @throws TsbuildError SANDBOX_UNSUPPORTED for what this rung cannot do
   */
  check(spec: AnyProcess): void;
  /** A path that leads to the directory until the command has ended, whatever becomes of its name. */
  pin(options: PinOptions): string;
  /** @throws TsbuildError SANDBOX_FAILED | LAYER_UNSAFE | COPY_NOT_FOUND */
  place(options: PlaceOptions): Promise<Placement>;
}
