// Makes the sources of the mounts of a command ready: views of trees, cache directories, agent sockets. Keeps what is
// needed to undo them.
import { fromUtf8 } from '../core/bytes.js';
import type { Ownership } from '../rootfs/ownership.js';
import { secretAttributes, type PreparedMount } from './mount-plan.js';
import type { MountOf } from './process-spec.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import { MOUNT_NODEV, MOUNT_NOSUID, MOUNT_RDONLY } from '../host/syscalls/mount-calls.js';
import { acquireCacheDirectory, copySeed, type CacheDirectory } from '../rootfs/cache-directory.js';
import { startSshProxy } from './ssh-proxy.js';
import type { MountPlacer } from './mount-placer.js';

/** Files that a mount shows, as a directory. */
export interface ShownTree {
  /** Inside the tree, resolved there with symbolic links confined to it. */
  readonly subpath: string;
  /**
   * Makes a directory that shows the tree; what is written to one that is writable is thrown away.
   * @param name is free for it in the folder of the mounts
   * @throws TsbuildError SANDBOX_* | LAYER_* | STORE_* | ABORTED
   */
  show(name: string, options: { readonly isWritable: boolean }): Promise<string>;
}

export type ShownMount = MountOf<ShownTree>;
type ShownCache = Extract<ShownMount, { type: 'cache' }>;

export interface MountWorkshop {
  readonly calls: SystemCalls;
  /** Folders of the store for cache mounts, and for the trees. */
  readonly paths: { readonly mounts: string; readonly trees: string };
  readonly ownership: Ownership;
  readonly placer: Pick<MountPlacer, 'canShareCaches' | 'pin'>;
  /** The folder for the mounts of this command. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Registers work for the time after the command; the last one registered runs first. */
  readonly onCleanUp: (undo: () => void) => void;
}

/** @throws TsbuildError SANDBOX_* | LAYER_* | STORE_* | ABORTED */
export async function prepareMounts(
  workshop: MountWorkshop,
  mounts: readonly ShownMount[],
): Promise<PreparedMount[]> {
  const caches = await acquireCaches(workshop, mounts);
  const prepared: PreparedMount[] = [];
  for (const [i, mount] of mounts.entries())
    prepared.push(await prepare(workshop, mount, `mount-${i}`, caches));
  return prepared;
}

type Caches = ReadonlyMap<string, CacheDirectory>;

/**
 * The directory of each id. All commands take directories in the same order, so that no two wait for each other. Mounts
 * of one command with the same id share its directory, and the first of them decides how it is made (BuildKit
 * solver/llbsolver/mounts getRefCacheDir).
 */
async function acquireCaches(workshop: MountWorkshop, mounts: readonly ShownMount[]): Promise<Caches> {
  const caches = new Map<string, CacheDirectory>();
  const wanted = mounts
    .filter((mount) => mount.type === 'cache')
    .toSorted((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
  for (const mount of wanted)
    if (!caches.has(mount.id))
      caches.set(mount.id, await acquireCache(workshop, mount, `cache-${caches.size}`));
  return caches;
}

async function acquireCache(
  workshop: MountWorkshop,
  mount: ShownCache,
  name: string,
): Promise<CacheDirectory> {
  const { seed } = mount;
  let view: Promise<string> | undefined;
  const fill =
    seed &&
    (async ({ fd }: { readonly fd: number }) => {
      view ??= seed.show(name, { isWritable: false });
      await copySeed(workshop.calls, await view, seed.subpath, fd);
      return { isItselfSet: false };
    });
  const cache = await acquireCacheDirectory(workshop.calls, mount, {
    mounts: workshop.paths.mounts,
    trees: workshop.paths.trees,
    ownership: workshop.ownership,
    signal: workshop.signal,
    canShare: workshop.placer.canShareCaches,
    fill,
  });
  workshop.onCleanUp(() => cache.release());
  return cache;
}

async function prepare(
  workshop: MountWorkshop,
  mount: ShownMount,
  name: string,
  caches: Caches,
): Promise<PreparedMount> {
  const { target } = mount;
  switch (mount.type) {
    case 'bind': {
      const source = await mount.source.show(name, { isWritable: !mount.isReadonly });
      return {
        kind: 'tree',
        source,
        subpath: mount.source.subpath,
        target,
        attributes: mount.isReadonly ? MOUNT_RDONLY : 0,
      };
    }
    case 'cache':
      return {
        kind: 'tree',
        source: workshop.placer.pin({ ...workshop, fd: caches.get(mount.id)!.fd, name }),
        subpath: '',
        target,
        attributes: mount.isReadonly ? MOUNT_RDONLY : 0,
      };
    case 'tmpfs': {
      const size = mount.sizeBytes === undefined ? [] : [['size', String(mount.sizeBytes)] as const];
      return {
        kind: 'filesystem',
        type: 'tmpfs',
        target,
        options: size,
        attributes: MOUNT_NOSUID,
        takesMode: true,
      };
    }
    case 'secret':
      return {
        kind: 'file',
        target,
        content: mount.data,
        mode: mount.mode,
        uid: mount.uid,
        gid: mount.gid,
        attributes: secretAttributes(mount.mode),
        isSecret: true,
      };
    case 'ssh':
      return prepareAgent(workshop, mount, name);
  }
}

async function prepareAgent(
  { calls, directory, ownership, onCleanUp }: MountWorkshop,
  mount: Extract<ShownMount, { type: 'ssh' }>,
  name: string,
): Promise<PreparedMount> {
  const proxy = await startSshProxy(mount, { directory, name: `${name}.sock`, ownership });
  onCleanUp(() => proxy.close());
  const atime = ownership.accessTime?.(mount);
  if (atime) calls.utimensat(AT_FDCWD, fromUtf8(proxy.path), { atime, mtime: atime });
  return {
    kind: 'tree',
    source: proxy.path,
    subpath: '',
    target: mount.target,
    attributes: MOUNT_NOSUID | MOUNT_NODEV,
  };
}
