// The root of a container as a descriptor: of a running one what its processes see, volumes included; of another one
// its layers and changes, with its volumes. All that is done in it goes by descriptors (rootfs/live-node.ts,
// rootfs/path-in-root.ts): its processes may change it at any moment.
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { O_DIRECTORY, O_PATH, O_RDONLY } from '../../host/syscalls/open-flags.js';
import { mountOverlay } from '../../rootfs/overlay.js';
import { openDirectory, openInside } from '../../rootfs/path-in-root.js';
import { removeTree } from '../../rootfs/remove-tree.js';
import { createTemporaryTree } from '../../rootfs/temporary-tree.js';
import { createCleanUps } from '../clean-ups.js';
import type { Workshop } from '../workshop.js';
import type { ContainerTree, TreeMount } from './container-files.js';
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

/** Where the changes of a container are. */
export function upperOf({ directory }: Pick<ContainerTree, 'directory'>): string {
  return join(directory, 'rootfs', 'upper');
}

/** @throws TsbuildError CONTAINER_NOT_RUNNING when it ended meanwhile, SANDBOX_*, LAYER_*, STORE_*, ABORTED */
export async function openTree(
  workshop: Workshop,
  tree: ContainerTree,
  { isWritten, signal }: { readonly isWritten: boolean; readonly signal: AbortSignal },
): Promise<OpenTree> {
  if (tree.main) return openRunning(workshop.calls, tree.main);
  return openStopped(workshop, tree, { isWritten, signal });
}

function openRunning(
  calls: SystemCalls,
  { pid, startTime }: NonNullable<ContainerTree['main']>,
): OpenTree {
  // From now on it is this process that is asked, whoever gets its number.
  const process = openOrEnded(() => openSync(`/proc/${pid}`, O_PATH | O_DIRECTORY));
  const at = (name: string): string => `/proc/self/fd/${process}/${name}`;
  try {
    const stat = openOrEnded(() => readFileSync(at('stat'), 'latin1'));
    // Field 22; the second is a name in brackets, in which anything may stand.
    if (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] !== startTime) throw ended();
    const mounts = openOrEnded(() => parseMountTable(readFileSync(at('mountinfo'), 'latin1')));
    const root = openOrEnded(() => openSync(at('root'), O_PATH | O_DIRECTORY));
    const proc = calls.lookBeneath(root, 'proc');
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
  return new TsbuildError('CONTAINER_NOT_RUNNING', 'the container ended at this moment', { hint: 'try again' });
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
    const shown = isWritten
      ? mountWritable(workshop, tree, { lowers, place: temporary.path, onCleanUp: cleanUps.add })
      : await mountReadable(workshop, tree, { lowers, place: temporary.path, onCleanUp: cleanUps.add });
    const root = openDirectory(shown);
    cleanUps.add(() => closeSync(root));
    for (const mount of tree.mounts) attachMount(calls, root, mount, { shown });
    const mounts = tree.mounts.map(({ target }) => ({ path: target, fileSystem: '' }));
    return { root: openDirectory(shown), mounts, procDevice: undefined, close };
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
  { driver }: Workshop,
  tree: ContainerTree,
  { lowers, place, onCleanUp }: MountPlace,
): Promise<string> {
  const directory = join(place, 'view');
  mkdirSync(directory, { mode: 0o700 });
  const view = await driver.view(directory, [upperOf(tree), ...lowers], { isWritable: false });
  onCleanUp(() => view.close());
  return view.target;
}

function mountWritable(
  { calls, driver }: Workshop,
  tree: ContainerTree,
  { lowers, place, onCleanUp }: MountPlace,
): string {
  if (driver.name !== 'overlay')
    throw new TsbuildError('SANDBOX_UNSUPPORTED', `${driver.name} cannot write to a container that does not run`, {
      hint: 'start the container first',
    });
  const target = join(place, 'root');
  const work = join(tree.directory, 'rootfs', `work-of-cp-${process.pid}`);
  for (const path of [target, work]) mkdirSync(path, { mode: 0o700 });
  onCleanUp(() => removeTree(calls, work));
  mountOverlay(calls, { lowers, upper: upperOf(tree), work, target });
  onCleanUp(() => calls.detach(target));
  return target;
}

/** A target that is not there shows nothing, since the container never ran. */
function attachMount(
  calls: SystemCalls,
  root: number,
  { source, subpath, target }: TreeMount,
  { shown }: { readonly shown: string },
): void {
  void shown;
  const place = openInside(calls, root, target);
  if (place === undefined) return;
  const whole = openIfThere(source);
  const part = whole === undefined ? undefined : openInside(calls, whole, subpath === '' ? '.' : subpath);
  try {
    if (part !== undefined) calls.attachCopy(part, calls.openat(place, '', O_PATH));
  } finally {
    for (const fd of [place, whole, part]) if (fd !== undefined && fd !== whole) calls.close(fd);
    if (whole !== undefined) calls.close(whole);
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

/** A descriptor for reading what is in a directory, of one that shows it. */
export function readableDirectory(calls: SystemCalls, shown: number): number {
  return calls.openat(shown, '.', O_RDONLY | O_DIRECTORY);
}
