// Makes the sources of a step's mounts ready: views of trees, cache directories, agent sockets. What they need to be undone is kept.
import type { StoredLayer } from '../store/stored-layer.js';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8 } from '../core/bytes.js';
import type { StorePaths } from '../store/store-paths.js';
import type { Ownership } from '../rootfs/ownership.js';
import type { RootfsDriver } from '../rootfs/rootfs-driver.js';
import { secretAttributes, type PreparedMount } from './mount-plan.js';
import type { StepMount } from '../worker/sandbox.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import { MOUNT_NODEV, MOUNT_NOSUID, MOUNT_RDONLY } from '../host/syscalls/mount-calls.js';
import { acquireCacheDirectory, type CacheDirectory } from '../rootfs/cache-directory.js';
import { startSshProxy } from './ssh-proxy.js';
import type { StageBuilder } from './mount-placer.js';
import type { TreeStore } from '../rootfs/tree-store.js';

export interface MountWorkshop {
  readonly calls: SystemCalls;
  readonly paths: StorePaths;
  readonly trees: TreeStore;
  readonly ownership: Ownership;
  readonly driver: RootfsDriver;
  readonly stage: StageBuilder;
  /** The step's work directory. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Runs, last first, when the step is over. */
  readonly onCleanUp: (undo: () => void) => void;
}

/** @throws TsbuildError SANDBOX_* | LAYER_* | STORE_* | ABORTED */
export async function prepareMounts(
  workshop: MountWorkshop,
  mounts: readonly StepMount[],
): Promise<PreparedMount[]> {
  const caches = await acquireCaches(workshop, mounts);
  const prepared: PreparedMount[] = [];
  for (const [i, mount] of mounts.entries())
    prepared.push(await prepare(workshop, mount, `mount-${i}`, caches));
  return prepared;
}

type Caches = ReadonlyMap<string, CacheDirectory>;

/**
 * The directory of each id. Steps take them in one order, so that no two wait for each other; mounts of one step with the same id share
 * its directory, and the first decides how it is made (BuildKit solver/llbsolver/mounts getRefCacheDir).
 */
async function acquireCaches(workshop: MountWorkshop, mounts: readonly StepMount[]): Promise<Caches> {
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
  mount: Extract<StepMount, { type: 'cache' }>,
  name: string,
): Promise<CacheDirectory> {
  const { seed } = mount;
  let view: Promise<string> | undefined;
  const seedView = seed && (() => (view ??= showTree(workshop, seed.layers, { name, isWritable: false })));
  const { mounts, trees } = workshop.paths;
  const cache = await acquireCacheDirectory(workshop.calls, mount, {
    mounts,
    trees,
    ownership: workshop.ownership,
    signal: workshop.signal,
    canShare: workshop.stage.canShareCaches,
    seedView,
  });
  workshop.onCleanUp(() => cache.release());
  return cache;
}

async function prepare(
  workshop: MountWorkshop,
  mount: StepMount,
  name: string,
  caches: Caches,
): Promise<PreparedMount> {
  const { target } = mount;
  switch (mount.type) {
    case 'bind': {
      const source = await showTree(workshop, mount.source.layers, { name, isWritable: !mount.isReadonly });
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
        source: workshop.stage.pin({ ...workshop, fd: caches.get(mount.id)!.fd, name }),
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
    case 'ssh': {
      const proxy = await startSshProxy(mount, {
        directory: workshop.directory,
        name: `${name}.sock`,
        ownership: workshop.ownership,
      });
      workshop.onCleanUp(() => proxy.close());
      const atime = workshop.ownership.accessTime?.(mount);
      if (atime) workshop.calls.utimensat(AT_FDCWD, fromUtf8(proxy.path), { atime, mtime: atime });
      return {
        kind: 'tree',
        source: proxy.path,
        subpath: '',
        target,
        attributes: MOUNT_NOSUID | MOUNT_NODEV,
      };
    }
  }
}

/** A directory that shows layers (bottom first) as one tree; writes go to a place that is thrown away. */
async function showTree(
  { trees, driver, directory, signal, onCleanUp }: MountWorkshop,
  layers: readonly StoredLayer[],
  { name, isWritable }: { readonly name: string; readonly isWritable: boolean },
): Promise<string> {
  const lowers = await trees.ensure(layers, signal);
  const place = join(directory, name);
  mkdirSync(place, { mode: 0o700 });
  const view = await driver.view(place, lowers, { isWritable });
  onCleanUp(() => view.close());
  return view.target;
}
