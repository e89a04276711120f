// Cache directories as layers, so that they can be carried to another machine: the content of one becomes a layer of
// the store, and a layer becomes the first content of one. A directory that is restored gets its name when it is
// complete.
import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, toUtf8 } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { signalAfter } from '../host/time-limit.js';
import { ROOT } from '../core/tree-path.js';
import { LOCK_EX, waitForLock } from '../host/flock.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import type { LayerEntry } from '../layer/entry.js';
import { layerEntries } from '../layer/layer-xattrs.js';
import { hasWhiteoutComponent } from '../layer/tar/whiteout-names.js';
import { putLayer } from '../store/put-layer.js';
import type { StorePaths } from '../store/store-paths.js';
import type { StoredLayer } from '../store/stored-layer.js';
import {
  acquireCacheDirectory,
  cacheFolder,
  type CacheMount,
  type FilledDirectory,
} from './cache-directory.js';
import { nodeAt } from './node-at.js';
import type { Ownership } from './ownership.js';
import { unpackLayer, type LayerBlob } from './unpack-layer.js';
import { upperDiff } from './upper-diff.js';

export interface CarryOptions {
  /** Of the scheme of `ownership`. */
  readonly paths: StorePaths;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
}

/** Owner and mode are those of a directory whose layer does not say them. */
export type RestoredMount = Pick<CacheMount, 'id' | 'mode' | 'uid' | 'gid'>;

/** What came of a cache directory that is to be a layer. `in-use`: by another build. */
export type SavedCache =
  { readonly kind: 'layer'; readonly layer: StoredLayer } | { readonly kind: UnsavedCache };

export type UnsavedCache = 'absent' | 'in-use' | 'too-large';

/** The directory that a process gets whatever its sharing, unless others have it. */
const FIRST = '0';

/** Whether there is one that a process would be given. */
export function hasCacheDirectory(paths: Pick<StorePaths, 'mounts'>, id: string): boolean {
  return existsSync(join(cacheFolder(paths.mounts, id), FIRST));
}

/**
 * Makes the directory with the content of the layer, unless it is there.
 * @throws TsbuildError LAYER_* | STORE_* | SANDBOX_NO_SUBUID | ABORTED; there is no directory then
 */
export async function restoreCacheDirectory(
  calls: SystemCalls,
  mount: RestoredMount,
  layer: LayerBlob,
  { paths, ownership, signal }: CarryOptions,
): Promise<void> {
  const fill = async ({ path }: { readonly path: string }): Promise<FilledDirectory> => {
    let isItselfSet = false;
    const onEntry = (entry: LayerEntry): void => {
      refuseDeletion(entry);
      isItselfSet ||= entry.path === ROOT;
    };
    await unpackLayer(calls, layer, path, { lowers: [], ownership, signal, onEntry });
    return { isItselfSet };
  };
  const directory = await acquireCacheDirectory(
    calls,
    { ...mount, sharing: 'shared', isReset: false },
    { mounts: paths.mounts, trees: paths.trees, ownership, signal, canShare: true, fill },
  );
  directory.release();
}

/** There is nothing below that could be deleted. A mark of a deletion would be a file of the mount. */
function refuseDeletion({ kind, path }: LayerEntry): void {
  if (kind === 'whiteout' || kind === 'opaque')
    throw new TsbuildError('LAYER_UNSAFE', `the layer of a cache mount deletes /${toUtf8(path)}`);
}

/**
 * Makes the content a layer of the store, while no process uses it. The same files give the same layer, whenever they
 * were looked at.
 * @param id of the mount
 * @param maxBytes of the files
 * @throws TsbuildError STORE_* | LAYER_LIMIT | ABORTED
 */
export async function saveCacheDirectory(
  calls: SystemCalls,
  id: string,
  { paths, ownership, signal, maxBytes }: CarryOptions & { readonly maxBytes: number },
): Promise<SavedCache> {
  const base = cacheFolder(paths.mounts, id);
  const path = join(base, FIRST);
  if (!existsSync(base)) return { kind: 'absent' };
  const lock = await lockSoon(calls, `${path}.lock`, signal);
  if (lock === undefined) return { kind: 'in-use' };
  try {
    // Where nothing can be mounted it has another name while a process uses it.
    if (!existsSync(path)) return { kind: 'absent' };
    const room = { isExceeded: false, left: maxBytes };
    const entries = within(cacheEntries(calls, path, ownership), room);
    try {
      const layer = await putLayer(paths, layerEntries(entries), { areContentsHashed: false, signal });
      return { kind: 'layer', layer };
    } catch (error) {
      if (room.isExceeded) return { kind: 'too-large' };
      throw error;
    }
  } finally {
    closeSync(lock);
  }
}

/** A process may have it for hours; another build that saves it too has it for a moment. */
const PATIENCE_SECONDS = 5;

async function lockSoon(calls: SystemCalls, path: string, signal: AbortSignal): Promise<number | undefined> {
  const limit = signalAfter(PATIENCE_SECONDS, signal);
  try {
    return await waitForLock(calls, path, LOCK_EX, limit.signal);
  } catch (error) {
    if (signal.aborted || !limit.signal.aborted) throw error;
    return undefined;
  } finally {
    limit.clear();
  }
}

/**
 * Of directories: programs make and remove files of the moment in them, and that must not make another layer. The first
 * day that all kinds of archives can say.
 */
const DIRECTORY_TIME = Date.UTC(1980, 0, 1) / 1000;

function* cacheEntries(calls: SystemCalls, path: string, ownership: Ownership): Generator<LayerEntry> {
  const { node } = nodeAt(calls, fromUtf8(path), ownership);
  yield atDirectoryTime({ kind: 'node', path: ROOT, node });
  for (const entry of upperDiff(calls, { upper: path, lower: undefined, ownership }))
    // A layer cannot say such names. The next build is without these files, as after a build that never had them.
    if (!isUnspeakable(entry)) yield atDirectoryTime(entry);
}

function isUnspeakable(entry: LayerEntry): boolean {
  return (
    hasWhiteoutComponent(entry.path) || (entry.kind === 'hardlink' && hasWhiteoutComponent(entry.target))
  );
}

function atDirectoryTime(entry: LayerEntry): LayerEntry {
  if (entry.kind !== 'node' || entry.node.type !== 'dir') return entry;
  return { ...entry, node: { ...entry.node, mtime: DIRECTORY_TIME, mtimeNsec: 0 } };
}

function* within(
  entries: Iterable<LayerEntry>,
  room: { isExceeded: boolean; left: number },
): Generator<LayerEntry> {
  for (const entry of entries) {
    if (entry.kind === 'node') room.left -= entry.node.size;
    room.isExceeded = room.left < 0;
    if (room.isExceeded)
      throw new TsbuildError('LAYER_LIMIT', 'a cache mount has more bytes than may be carried');
    yield entry;
  }
}
