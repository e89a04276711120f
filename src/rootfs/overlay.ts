// Mounts of overlayfs in the worker's namespace: the file system a process runs on, its throw-away variants, and
// read-only views.
import { closeSync, mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fromUtf8 } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { attachAt } from './attach-at.js';
import { openDirectory } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import type { MountOption } from '../host/syscalls/mount-calls.js';
import { groupOnDisk, type Ownership } from './ownership.js';
import { isOpaque } from './tree-marks.js';

export interface OverlayOptions {
  /** Trees, topmost first, as `visibleLowers` gives them; at least one, and two without `upper`. */
  readonly lowers: readonly string[];
  /** Where changes go, and an empty directory on the same file system. Read-only without. */
  readonly upper?: string;
  readonly work?: string;
  /** An existing directory. */
  readonly target: string;
  /** What was written must be found again after a loss of power. */
  readonly isLasting?: boolean;
}

/** Limit of the page that mount(2) takes for its options. */
const MAX_OPTION_BYTES = 4095;

/** @throws TsbuildError SANDBOX_NO_OVERLAY */
export function mountOverlay(calls: SystemCalls, options: OverlayOptions): void {
  const writable: MountOption[] =
    options.upper === undefined
      ? []
      : [
          ['upperdir', options.upper],
          ['workdir', options.work ?? ''],
          // Without it every unmount, and every fsync of a process, syncs the whole file system of the host. A kill
          // takes the process along.
          ...(options.isLasting ? [] : [['volatile', true] as const]),
        ];
  try {
    assertStackable(options.lowers);
    const mount = createOverlay(calls, options.lowers, writable);
    if (mount === undefined) return mountClassic(calls, options, writable);
    attachAt(calls, mount, options.target);
  } catch (error) {
    if (!isSystemCallError(error)) throw error;
    throw new TsbuildError(
      'SANDBOX_NO_OVERLAY',
      `the kernel refuses an overlay mount in a user namespace: ${error.message}`,
      {
        hint: 'use Linux 5.11 or newer, and a store on ext4, xfs, btrfs or tmpfs: set TSBUILD_ROOT',
        cause: error,
      },
    );
  }
}

/** Undefined when the kernel does not know `lowerdir+` (before 6.5). */
function createOverlay(
  calls: SystemCalls,
  lowers: readonly string[],
  writable: readonly MountOption[],
): number | undefined {
  const layers = lowers.map((lower): MountOption => ['lowerdir+', lower]);
  const places = descriptorPaths();
  try {
    const options = [...layers, ...writable].map(([name, value]): MountOption => [
      name,
      value === true ? value : places.of(value),
    ]);
    return calls.createMount('overlay', [...options, ['userxattr', true]], 0);
  } catch (error) {
    if (isSystemCallError(error, 'EINVAL') && error.syscall === 'fsconfig') return undefined;
    throw error;
  } finally {
    places.close();
  }
}

/**
 * Paths by descriptors of their directories: kernels differ in what `\\`, `:` and `,` in an option mean, and the names
 * of trees and of what lies in a process's directory have none.
 */
function descriptorPaths(): { of(path: string): string; close(): void } {
  const open = new Map<string, number>();
  return {
    of(path) {
      const directory = dirname(path);
      const fd = open.get(directory) ?? openDirectory(directory);
      open.set(directory, fd);
      return `/proc/self/fd/${fd}/${basename(path)}`;
    },
    close: () => open.forEach((fd) => closeSync(fd)),
  };
}

/** Of fs/overlayfs/params.h. */
const OVL_MAX_STACK = 500;

function assertStackable(lowers: readonly string[]): void {
  if (lowers.length <= OVL_MAX_STACK) return;
  throw new TsbuildError(
    'SANDBOX_NO_OVERLAY',
    `a process on ${lowers.length} layers: the kernel stacks ${OVL_MAX_STACK} at most`,
    { hint: 'use a base image with fewer layers, or copy it into one layer: COPY --from=IMAGE / /' },
  );
}

function mountClassic(calls: SystemCalls, options: OverlayOptions, writable: readonly MountOption[]): void {
  const fds: number[] = [];
  // Descriptors keep the text short, whatever the number of layers, and free of characters that would have to be
  // escaped.
  const place = (path: string): string => {
    const fd = openDirectory(path);
    fds.push(fd);
    return `/proc/self/fd/${fd}`;
  };
  try {
    const text = [
      `lowerdir=${options.lowers.map(place).join(':')}`,
      ...writable.map(([name, value]) => (value === true ? name : `${name}=${place(value)}`)),
      'userxattr',
    ].join(',');
    if (text.length > MAX_OPTION_BYTES)
      throw new TsbuildError(
        'SANDBOX_NO_OVERLAY',
        `too many layers (${options.lowers.length}) for this kernel`,
        { hint: 'use Linux 6.5 or newer' },
      );
    calls.mountClassic('overlay', options.target, 0, text);
  } finally {
    fds.forEach((fd) => closeSync(fd));
  }
}

/** Of trees, topmost first, those that count. */
export type VisibleLowers = (all: readonly string[]) => readonly string[];

/**
 * Overlayfs does not look for the opaque mark on the root of a layer, and it refuses a tree that stands twice. Of two
 * equal layers the upper one says it all. Trees do not change, so each is looked at once.
 */
export function visibleLowers(calls: Pick<SystemCalls, 'listXattrs'>): VisibleLowers {
  const known = new Map<string, boolean>();
  function hidesAll(tree: string): boolean {
    const found = known.get(tree) ?? isOpaque(calls.listXattrs(tree));
    known.set(tree, found);
    return found;
  }
  return (all) => {
    const lowers = [...new Set(all)];
    const opaque = lowers.findIndex(hidesAll);
    return opaque === -1 ? lowers : lowers.slice(0, opaque + 1);
  };
}

/** A directory of mode 0755 owned by the container's root. */
export function makeContainerDirectory(calls: SystemCalls, path: string, ownership: Ownership): void {
  mkdirSync(path, { mode: 0o755 });
  calls.lchownat(AT_FDCWD, fromUtf8(path), ownership.idOnDisk(0), groupOnDisk(ownership, 0));
}
