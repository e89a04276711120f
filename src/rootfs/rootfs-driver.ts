// The port between a process and the file system that it runs on. Drivers pass one suite.
import type { LayerEntry } from '../layer/entry.js';

/** Best first. */
export const ROOTFS_DRIVERS = ['overlay', 'fuse-overlayfs', 'copy'] as const;

export interface RootfsDriver {
  readonly name: (typeof ROOTFS_DRIVERS)[number];
  /**
   * A file system that shows `lowers` (trees, topmost first) and takes changes.
   * @param directory an empty directory of the process's own, on the file system of the trees
   * @throws TsbuildError SANDBOX_NO_OVERLAY | SANDBOX_FAILED
   */
  open(directory: string, lowers: readonly string[]): Promise<Rootfs>;
  /** A directory that shows `lowers` as one tree; changes are thrown away. @throws as open */
  view(directory: string, lowers: readonly string[], options: ViewOptions): Promise<RootfsView>;
}

export interface ViewOptions {
  readonly isWritable: boolean;
}

export interface RootfsView {
  readonly target: string;
  /** Idempotent. The directory can then be deleted. */
  close(): void;
}

export interface Rootfs extends RootfsView {
  /** After the process, once: what it changed. Nobody may use `target` afterwards. */
  changes(): Promise<RootfsChanges>;
  /** The changes are a layer now, whose tree has this path when it is unpacked: processes on top of it may come. */
  stored?(tree: string): void;
}

export interface RootfsChanges {
  /** In the order of a depth-first walk. */
  readonly entries: Iterable<LayerEntry>;
  /** A directory that holds exactly these changes and may become the tree of the layer. */
  readonly tree?: string;
}
