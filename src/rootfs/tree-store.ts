// Unpacked layers, one directory per diff id, shared by all builds. Invariant: a directory with its final name is
// complete.
import type { ArrivingLayer, StoredLayer } from '../store/stored-layer.js';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf, type DiffId } from '../core/digest.js';
import type { StorePaths } from '../store/store-paths.js';
import { DEVICES_XATTR, HAS_DEVICES, isOfOtherBoot, markBoot, layerBelow, markOver } from './tree-marks.js';
import type { Ownership } from './ownership.js';
import { removeTree } from './remove-tree.js';
import type { UnpackOptions } from './unpack-layer.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { createTemporaryTree } from './temporary-tree.js';
import { createTurns } from '../core/turns.js';
import { LOCK_EX, waitForLock } from '../host/flock.js';

/** Layers that are unpacked at once. Each keeps directories open, and one core cannot unpack many at a time. */
const RECEIVED_AT_ONCE = 4;

/**
 * A tree may hold only what differs from the tree of a similar layer; that tree may do so too. A chain has at most this
 * many directories, since each makes every mount slower. The layer after that is unpacked whole.
 */
const MAX_PARTS = 8;

export interface TreeStore {
  /**
   * Unpacks the layers that are missing. Takes layers bottom first and gives directories topmost first, as overlayfs
   * wants them. A layer whose tree lies over the tree of a similar layer gives several directories.
   * @throws TsbuildError LAYER_* | STORE_* | ABORTED
   */
  ensure(layers: readonly StoredLayer[], signal: AbortSignal): Promise<string[]>;
  /**
   * Unpacks a layer while it is downloaded, and puts its index into the store. `ensure` waits for it.
   * @param below the layers below it, bottom first
   * @throws TsbuildError LAYER_* | STORE_* | ABORTED
   */
  receive(layer: ArrivingLayer, below: readonly StoredLayer[], signal: AbortSignal): Promise<void>;
  /** Gives a finished tree its name; false when that tree is there already, and `path` stays. */
  adopt(path: string, diffId: DiffId, options?: AdoptOptions): boolean;
  /** Whether one of the trees that `ensure` gave has devices outside of /dev. */
  haveDevices(trees: readonly string[]): boolean;
}

export interface AdoptOptions {
  /** It has devices, which nobody has marked yet (tree-marks.ts). */
  readonly hasDevices?: boolean;
}

export function createTreeStore(calls: SystemCalls, paths: StorePaths, ownership: Ownership): TreeStore {
  function adopt(path: string, diffId: DiffId, { hasDevices = false }: AdoptOptions = {}): boolean {
    try {
      if (hasDevices) markDevices(calls, path);
      markBoot(calls, path);
      renameSync(path, paths.tree(diffId));
      return true;
    } catch (error) {
      if (isSystemCallError(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    }
  }

  async function unpack(layer: StoredLayer, lowers: readonly string[], signal: AbortSignal): Promise<void> {
    const temporary = createTemporaryTree(calls, paths.trees);
    try {
      const tree = join(temporary.path, 'tree');
      mkdirSync(tree, { mode: 0o755 });
      if (!(await unpackOver(layer, tree, { lowers, ownership, signal }))) {
        const { unpackLayer } = await import('./unpack-layer.js');
        const blob = { diffId: layer.diffId, path: paths.blob(layer.blob) };
        await unpackLayer(calls, blob, tree, { lowers, ownership, signal });
      }
      adopt(tree, layer.diffId);
    } finally {
      temporary.remove();
    }
  }

  /**
   * Unpacks no more than the difference to a layer that is unpacked. False, and nothing is done, when there is no such
   * layer.
   */
  async function unpackOver(layer: StoredLayer, tree: string, options: UnpackOptions): Promise<boolean> {
    const { diffId, blob, similar } = layer;
    const below = similar && partsOf(similar.diffId);
    if (!below || below.length >= MAX_PARTS || blob !== diffId) return false;
    const { differingEntries, unpackDelta } = await import('./delta-tree.js');
    const entries = differingEntries(paths, diffId, similar);
    if (!entries || !markOver(calls, tree, similar.diffId)) return false;
    unpackDelta(calls, { tar: paths.blob(diffId), entries }, tree, options);
    return true;
  }

  /** Directories that make the tree of a layer, topmost first. */
  const known = new Map<DiffId, readonly string[]>();
  const withDevices = new Set<string>();
  /** Undefined when the layer must be unpacked. */
  function partsOf(diffId: DiffId): readonly string[] | undefined {
    const found = known.get(diffId) ?? findParts(diffId);
    if (!found?.every((tree) => existsSync(tree))) return undefined;
    known.set(diffId, found);
    return found;
  }

  function findParts(diffId: DiffId): readonly string[] | undefined {
    const tree = paths.tree(diffId);
    if (!existsSync(tree)) return undefined;
    const xattrs = calls.listXattrs(tree);
    if (isOfOtherBoot(xattrs)) return undefined;
    if (xattrs[DEVICES_XATTR] !== undefined) withDevices.add(tree);
    const over = layerBelow(xattrs);
    if (over === undefined) return [tree];
    const below = partsOf(over);
    return below && [tree, ...below];
  }

  /** Holds the lock of a tree; only who has it may replace a tree of another boot. */
  async function locked(diffId: DiffId, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const lockPath = join(paths.trees, `.lock-${hexOf(diffId)}`);
    const lock = await waitForLock(calls, lockPath, LOCK_EX, signal);
    try {
      if (!partsOf(diffId)) {
        removeTree(calls, paths.tree(diffId));
        await work();
      }
      rmSync(lockPath, { force: true });
    } finally {
      closeSync(lock);
    }
  }

  const incoming = new Map<DiffId, Promise<void>>();
  const inTurn = createTurns(RECEIVED_AT_ONCE);

  async function receive(
    layer: ArrivingLayer,
    below: readonly StoredLayer[],
    signal: AbortSignal,
  ): Promise<void> {
    // An image may have the same layer twice: it must not wait for itself.
    const others = below.filter(({ diffId }) => diffId !== layer.diffId);
    const lowers = ensure(others, signal);
    lowers.catch(() => undefined);
    const { receiveLayer } = await import('./receive-layer.js');
    const temporary = createTemporaryTree(calls, paths.trees);
    try {
      const tree = join(temporary.path, 'tree');
      await receiveLayer(calls, layer, tree, { paths, lowers, ownership, signal });
      await locked(layer.diffId, signal, async () => void adopt(tree, layer.diffId));
    } finally {
      temporary.remove();
    }
  }

  async function ensure(layers: readonly StoredLayer[], signal: AbortSignal): Promise<string[]> {
    const trees: string[] = [];
    for (const layer of layers) {
      const { diffId } = layer;
      await incoming.get(diffId);
      if (!partsOf(diffId)) await locked(diffId, signal, () => unpack(layer, [...trees], signal));
      trees.unshift(...(partsOf(diffId) ?? [paths.tree(diffId)]));
    }
    return trees;
  }

  return {
    adopt,
    ensure,
    haveDevices: (trees) => trees.some((tree) => withDevices.has(tree)),
    receive(layer, below, signal) {
      // Layers below came before, so whoever has its turn waits for none that has not.
      const received = inTurn(() => receive(layer, below, signal));
      if (incoming.has(layer.diffId)) return received;
      incoming.set(layer.diffId, received);
      const forget = () => void incoming.delete(layer.diffId);
      received.then(forget, forget);
      return received;
    },
  };
}

function markDevices(calls: SystemCalls, tree: string): void {
  const fd = openSync(tree, 'r');
  calls.setXattr(fd, DEVICES_XATTR, HAS_DEVICES);
  closeSync(fd);
}
