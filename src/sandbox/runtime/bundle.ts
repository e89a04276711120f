// A bundle: everything an OCI runtime needs for one command, at a place that root of the sandbox can reach. All sources
// are attached by descriptor, and all mount points are made by a walk inside the rootfs. So no name in an image leads
// the runtime out.
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { Ownership } from '../../rootfs/ownership.js';
import type { LaunchOrder } from '../launch-order.js';
import type { PlannedMount } from '../mount-plan.js';
import { attachAt } from '../../rootfs/attach-at.js';
import { openDirectory, openInside, type Stub, type WalkOptions } from '../../rootfs/path-in-root.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { O_NOFOLLOW, O_PATH } from '../../host/syscalls/open-flags.js';
import { MOUNT_NODEV, MOUNT_NOSUID } from '../../host/syscalls/mount-calls.js';

export interface Bundle {
  readonly directory: string;
  readonly rootfs: string;
  /** Of a mount of kind `tree` or `file`. */
  sourceOf(mount: PlannedMount): string;
  /** That a tmpfs takes from the directory of the image that it covers; undefined for one that has its own. */
  modeOf(mount: PlannedMount): number | undefined;
  /** Mount points that were made in the rootfs. */
  readonly stubs: readonly Stub[];
  writeConfig(text: string): void;
  /** Unmounts everything of the bundle. */
  remove(): void;
}

/** Mounted over by the runtime: what is below is made there, not in the rootfs. */
const KERNEL_MOUNTS = ['/proc', '/sys', '/dev'];

/**
 * @param hall an empty directory that everybody may pass through
 * @throws TsbuildError LAYER_UNSAFE | COPY_NOT_FOUND | SANDBOX_FAILED
 */
export function createBundle(
  calls: SystemCalls,
  ownership: Ownership,
  order: LaunchOrder,
  hall: string,
): Bundle {
  const directory = hall;
  const top = calls.createMount('tmpfs', [['mode', '755']], MOUNT_NOSUID | MOUNT_NODEV);
  const stubs: Stub[] = [];
  const sources = new Map<PlannedMount, string>();
  attachAt(calls, top, directory);
  try {
    const rootfs = join(directory, 'rootfs');
    mkdirSync(rootfs);
    whileOpen(openSync(order.rootfs, O_PATH | O_NOFOLLOW), (lower) =>
      attachAt(calls, calls.cloneTree(lower, { isRecursive: false }), rootfs),
    );
    const modes = whileOpen(openDirectory(rootfs), (root) => {
      const found = new Map(order.mounts.map((mount) => [mount, modeBelow(calls, root, mount)]));
      makePlaces(calls, ownership, { root, order, modes: found, onStub: (stub) => stubs.push(stub) });
      return found;
    });
    for (const [i, mount] of order.mounts.entries()) {
      const source = join(directory, `source-${i}`);
      if (mount.kind === 'tree') attachTree(calls, mount, source);
      else if (mount.kind === 'file') writeSource(ownership, mount, source);
      else continue;
      sources.set(mount, source);
    }
    return {
      directory,
      rootfs,
      stubs,
      sourceOf: (mount) => sources.get(mount) ?? '',
      modeOf: (mount) => modes.get(mount),
      writeConfig: (text) => writeFileSync(join(directory, 'config.json'), text, { mode: 0o600 }),
      remove: () => calls.detach(directory),
    };
  } catch (error) {
    calls.detach(directory);
    throw error;
  }
}

function whileOpen<Result>(fd: number, work: (fd: number) => Result): Result {
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

function modeBelow(calls: SystemCalls, root: number, mount: PlannedMount): number | undefined {
  if (mount.kind !== 'filesystem' || !mount.takesMode) return undefined;
  const fd = openInside(calls, root, mount.target);
  if (fd === undefined) return undefined;
  return whileOpen(fd, () => fstatSync(fd).mode & 0o7777);
}

interface Places {
  readonly root: number;
  readonly order: LaunchOrder;
  readonly modes: ReadonlyMap<PlannedMount, number | undefined>;
  readonly onStub: (stub: Stub) => void;
}

/** The working directory, which stays in the layer, and a place for every mount in the rootfs. */
function makePlaces(calls: SystemCalls, ownership: Ownership, { root, order, modes, onStub }: Places): void {
  const onDisk = (id: number): number => ownership.idOnDisk(id);
  const owner = { uid: onDisk(order.uid), gid: onDisk(order.gid) };
  const asRoot = { uid: onDisk(0), gid: onDisk(0) };
  const place = (path: string, options: WalkOptions, mode?: number): void => {
    const fd = openInside(calls, root, path, options);
    if (fd === undefined) return;
    const isDirectory = fstatSync(fd).isDirectory();
    if (mode !== undefined) chmodSync(`/proc/self/fd/${fd}`, mode);
    closeSync(fd);
    if (isDirectory === (options.create === 'dir')) return;
    const found = isDirectory ? 'a directory' : 'not a directory';
    throw new TsbuildError('LAYER_UNSAFE', `cannot mount on ${path}: it is ${found} in the image`);
  };
  place(order.cwd, { create: 'dir', owner });
  for (const mount of order.mounts) {
    if (!('target' in mount)) continue;
    const { target } = mount;
    const isKernelMount = KERNEL_MOUNTS.includes(target);
    if (!isKernelMount && KERNEL_MOUNTS.some((path) => target.startsWith(`${path}/`))) continue;
    // A runtime may take the mode of what it covers (runc's rootfs_linux.go), also of what was made here for it.
    const isFresh = mount.kind === 'filesystem' && mount.takesMode && modes.get(mount) === undefined;
    place(
      target,
      {
        create: kindOf(calls, mount),
        owner: asRoot,
        isLinkRefused: isKernelMount && target !== '/dev',
        ...(isKernelMount ? {} : { onCreate: onStub }),
      },
      isFresh ? 0o1777 : undefined,
    );
  }
}

function kindOf(calls: SystemCalls, mount: PlannedMount): 'dir' | 'file' {
  if (mount.kind === 'file') return 'file';
  if (mount.kind !== 'tree') return 'dir';
  const fd = openSource(calls, mount);
  try {
    return fstatSync(fd).isDirectory() ? 'dir' : 'file';
  } finally {
    closeSync(fd);
  }
}

type TreeMount = Extract<PlannedMount, { kind: 'tree' }>;

function openSource(calls: SystemCalls, { source, subpath }: TreeMount): number {
  const top = openSync(source, O_PATH | O_NOFOLLOW);
  if (subpath === '' || subpath === '/') return top;
  try {
    const fd = openInside(calls, top, subpath);
    if (fd !== undefined) return fd;
  } finally {
    closeSync(top);
  }
  // BuildKit's wording for a missing source of a bind mount.
  throw new TsbuildError('COPY_NOT_FOUND', `failed to calculate checksum of ref: "${subpath}": not found`);
}

function attachTree(calls: SystemCalls, mount: TreeMount, place: string): void {
  const fd = openSource(calls, mount);
  try {
    if (fstatSync(fd).isDirectory()) mkdirSync(place);
    else writeFileSync(place, '');
    const clone = calls.cloneTree(fd, { isRecursive: mount.isRecursive ?? false });
    if (mount.attributes !== 0)
      calls.restrict(clone, mount.attributes, { isRecursive: mount.isRecursive ?? false });
    attachAt(calls, clone, place);
  } finally {
    closeSync(fd);
  }
}

function writeSource(
  ownership: Ownership,
  mount: Extract<PlannedMount, { kind: 'file' }>,
  place: string,
): void {
  const fd = openSync(place, 'wx', 0o600);
  try {
    for (let done = 0; done < mount.content.length;) done += writeSync(fd, mount.content, done);
    fchownSync(fd, ownership.idOnDisk(mount.uid), ownership.idOnDisk(mount.gid));
    fchmodSync(fd, mount.mode);
  } finally {
    closeSync(fd);
  }
}
