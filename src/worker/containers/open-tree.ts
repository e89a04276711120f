// The root of a container as a descriptor: of a running one what its processes see, volumes included; of another one
// its layers and changes, with its volumes. All that is done in it goes by descriptors (rootfs/live-node.ts,
// rootfs/path-in-root.ts): its processes may change it at any moment.
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8 } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { LOCK_EX, LOCK_NB } from '../../host/flock.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { MOUNT_RDONLY } from '../../host/syscalls/mount-calls.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { O_DIRECTORY, O_PATH } from '../../host/syscalls/open-flags.js';
import { openDirectory, openInside } from '../../rootfs/path-in-root.js';
import { createTemporaryTree } from '../../rootfs/temporary-tree.js';
import { createCleanUps } from '../clean-ups.js';
import type { Workshop } from '../workshop.js';
import { ensureChrootRoot } from './chroot-rootfs.js';
import type { ContainerTree, TreeMount } from './container-files.js';
import { makeUpper, openContainerRootfs } from './open-container.js';
import { parseMountTable, type MountPoint } from './mount-table.js';

export interface OpenTree {
  /** O_PATH descriptor of its root. */
  readonly root: number;
  /** What is mounted in it, but for its root. */
  readonly mounts: readonly MountPoint[];
  /** Device of its /proc, when it runs. */
  readonly procDevice: bigint | undefined;
  close(): void;
}

/** @throws TsbuildError CONTAINER_NOT_RUNNING when it ended meanwhile, SANDBOX_*, LAYER_*, STORE_*, ABORTED */
export async function openTree(
  workshop: Workshop,
  tree: ContainerTree,
  { isWritten, signal }: { readonly isWritten: boolean; readonly signal: AbortSignal },
): Promise<OpenTree> {
  if (workshop.ownership.scheme === 'plain') return openCopy(workshop, tree, signal);
  if (tree.main) return openRunning(workshop.calls, tree.main);
  return openStopped(workshop, tree, { isWritten, signal });
}

/** Without mounts the root of a container is the same whether it runs or not. */
async function openCopy(workshop: Workshop, tree: ContainerTree, signal: AbortSignal): Promise<OpenTree> {
  const root = openDirectory(await ensureChrootRoot(workshop, tree, signal));
  return { root, mounts: [], procDevice: undefined, close: () => closeSync(root) };
}

function openRunning(calls: SystemCalls, { pid, startTime }: NonNullable<ContainerTree['main']>): OpenTree {
  // From now on this process is asked, and no other that gets its number.
  const process = openOrEnded(() => openSync(`/proc/${pid}`, O_PATH | O_DIRECTORY));
  const at = (name: string): string => `/proc/self/fd/${process}/${name}`;
  try {
    const stat = openOrEnded(() => readFileSync(at('stat'), 'latin1'));
    // Field 22; the second is a name in brackets, in which anything may stand.
    if (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] !== startTime) throw ended();
    const mounts = openOrEnded(() => parseMountTable(readFileSync(at('mountinfo'), 'latin1')));
    const root = openOrEnded(() => openSync(at('root'), O_PATH | O_DIRECTORY));
    const proc = calls.lookBeneath(root, fromUtf8('proc'));
    const isMounted = mounts.some(({ path, fileSystem }) => path === '/proc' && fileSystem === 'proc');
    if (typeof proc !== 'string') calls.close(proc.fd);
    return {
      root,
      mounts: mounts.filter(({ path }) => path !== '/'),
      procDevice: isMounted && typeof proc !== 'string' ? proc.device : undefined,
      close: () => closeSync(root),
    };
  } finally {
    closeSync(process);
  }
}

function openOrEnded<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT', 'ESRCH')) throw ended();
    throw error;
  }
}

function ended(): TsbuildError {
  return new TsbuildError('CONTAINER_NOT_RUNNING', 'the container ended at this moment', {
    hint: 'try again',
  });
}

async function openStopped(
  workshop: Workshop,
  tree: ContainerTree,
  { isWritten, signal }: { readonly isWritten: boolean; readonly signal: AbortSignal },
): Promise<OpenTree> {
  const { calls, paths, trees } = workshop;
  const lowers = await trees.ensure(tree.layers, signal);
  const cleanUps = createCleanUps();
  const close = (): void => cleanUps.run().forEach(rethrow);
  const temporary = createTemporaryTree(calls, paths.trees);
  cleanUps.add(() => temporary.remove());
  try {
    const place: MountPlace = { lowers, place: temporary.path, onCleanUp: cleanUps.add };
    const shown = isWritten
      ? await mountWritable(workshop, tree, place, signal)
      : await mountReadable(workshop, tree, place);
    const root = openDirectory(shown);
    cleanUps.add(() => closeSync(root));
    for (const mount of tree.mounts) attachMount(calls, root, mount);
    const mounts = tree.mounts.map(({ target }) => ({ path: target, fileSystem: '' }));
    return { root, mounts, procDevice: undefined, close };
  } catch (error) {
    close();
    throw error;
  }
}

function rethrow(error: unknown): never {
  throw error;
}

interface MountPlace {
  readonly lowers: readonly string[];
  readonly place: string;
  readonly onCleanUp: (undo: () => void) => void;
}

/** The changes as one layer more: nothing of them is written to, so the container may be started meanwhile. */
async function mountReadable(
  { calls, driver, ownership }: Workshop,
  { directory: own }: ContainerTree,
  { lowers, place, onCleanUp }: MountPlace,
): Promise<string> {
  const directory = join(place, 'view');
  mkdirSync(directory, { mode: 0o700 });
  const upper = makeUpper(calls, own, lowers[0], ownership);
  const view = await driver.view(directory, [upper, ...lowers], { isWritable: false });
  onCleanUp(() => view.close());
  return view.target;
}

async function mountWritable(
  workshop: Workshop,
  tree: ContainerTree,
  { onCleanUp }: MountPlace,
  signal: AbortSignal,
): Promise<string> {
  const { calls } = workshop;
  const lock = openSync(join(tree.directory, 'lock'), 'a', 0o600);
  onCleanUp(() => closeSync(lock));
  if (!calls.flock(lock, LOCK_EX | LOCK_NB))
    throw new TsbuildError('CONTAINER_RUNNING', 'the container is being started at this moment', {
      hint: 'try again',
    });
  const { directory, layers } = tree;
  const { target } = await openContainerRootfs(
    workshop,
    { directory, layers, isThrownAway: false, volumes: [] },
    signal,
  );
  onCleanUp(() => calls.detach(target));
  return target;
}

/** A target that is not there shows nothing, since the container never ran. */
function attachMount(
  calls: SystemCalls,
  root: number,
  { source, subpath, target, isReadonly }: TreeMount,
): void {
  const opened: number[] = [];
  const keep = (fd: number | undefined): number | undefined => {
    if (fd !== undefined) opened.push(fd);
    return fd;
  };
  try {
    const whole = keep(openIfThere(source));
    const part = whole === undefined || subpath === '' ? whole : keep(openInside(calls, whole, subpath));
    const place = openInside(calls, root, target);
    if (place === undefined) return;
    opened.push(place);
    if (part === undefined) return;
    const copy = calls.cloneTree(part, { isRecursive: false });
    opened.push(copy);
    // Links of the container may lead to it from anywhere.
    if (isReadonly) calls.restrict(copy, MOUNT_RDONLY, { isRecursive: false });
    calls.attach(copy, place);
  } finally {
    for (const fd of opened) calls.close(fd);
  }
}

/** A volume that no container used has no content. */
function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, O_PATH);
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
