// Unpacked layers, one directory per diff id, shared by all builds. Invariant: a directory with its final name is complete.
import { closeSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf, type DiffId } from '../../core/digest.js';
import type { StorePaths } from '../../store/store-paths.js';
import type { Ownership } from '../rootfs/ownership.js';
import { removeTree } from '../rootfs/remove-tree.js';
import type { IncomingLayer, LayerRef } from '../sandbox/sandbox.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { isSystemCallError } from '../sandbox/syscalls/binding.js';
import { LOCK_EX } from '../sandbox/syscalls/file-calls.js';
import { createTemporaryTree } from './temporary-tree.js';
import { isOfOtherBoot, markBoot } from './tree-boot.js';
import { createTurns } from './turns.js';
import { waitForLock } from './wait-for-lock.js';

/** Each holds descriptors of directories, and a core has no use for many. */
const RECEIVED_AT_ONCE = 4;

export interface TreeStore {
  /** Trees of the layers (given bottom first), topmost first, unpacked when they are missing. @throws TsbuildError LAYER_* | STORE_* | ABORTED */
  ensure(layers: readonly LayerRef[], signal: AbortSignal): Promise<string[]>;
  /**
   * Puts the index of a layer into the store and unpacks the layer while it is being fetched; `ensure` waits for it.
   * `below`: the layers below, bottom first. @throws TsbuildError LAYER_* | STORE_* | ABORTED
   */
  receive(layer: IncomingLayer, below: readonly LayerRef[], signal: AbortSignal): Promise<void>;
  /** Gives a finished tree its name; false when that tree is there already, and `path` stays. */
  adopt(path: string, diffId: DiffId): boolean;
}

export function createTreeStore(calls: SystemCalls, paths: StorePaths, ownership: Ownership): TreeStore {
  function adopt(path: string, diffId: DiffId): boolean {
    try {
      markBoot(calls, path);
      renameSync(path, paths.tree(diffId));
      return true;
    } catch (error) {
      if (isSystemCallError(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    }
  }

  async function unpack(layer: LayerRef, lowers: readonly string[], signal: AbortSignal): Promise<void> {
    const { unpackLayer } = await import('../rootfs/unpack-layer.js');
    const temporary = createTemporaryTree(calls, paths.trees);
    try {
      const tree = join(temporary.path, 'tree');
      mkdirSync(tree, { mode: 0o755 });
      await unpackLayer(calls, layer, tree, { lowers, ownership, signal });
      adopt(tree, layer.diffId);
    } finally {
      temporary.remove();
    }
  }

  /** Trees of this boot. */
  const known = new Set<string>();
  function isUsable(tree: string): boolean {
    if (!existsSync(tree) || (!known.has(tree) && isOfOtherBoot(calls, tree))) return false;
    known.add(tree);
    return true;
  }

  /** Holds the lock of a tree; only who has it may replace a tree of another boot. */
  async function locked(diffId: DiffId, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const lockPath = join(paths.trees, `.lock-${hexOf(diffId)}`);
    const lock = await waitForLock(calls, lockPath, LOCK_EX, signal);
    try {
      const tree = paths.tree(diffId);
      if (!isUsable(tree)) {
        removeTree(calls, tree);
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
    layer: IncomingLayer,
    below: readonly LayerRef[],
    signal: AbortSignal,
  ): Promise<void> {
    // An image may have the same layer twice: it must not wait for itself.
    const others = below.filter(({ diffId }) => diffId !== layer.diffId);
    const lowers = ensure(others, signal);
    lowers.catch(() => undefined);
    const { receiveLayer } = await import('../rootfs/receive-layer.js');
    const temporary = createTemporaryTree(calls, paths.trees);
    try {
      const tree = join(temporary.path, 'tree');
      await receiveLayer(calls, layer, tree, { paths, lowers, ownership, signal });
      await locked(layer.diffId, signal, async () => void adopt(tree, layer.diffId));
    } finally {
      temporary.remove();
    }
  }

  async function ensure(layers: readonly LayerRef[], signal: AbortSignal): Promise<string[]> {
    const trees: string[] = [];
    for (const layer of layers) {
      const tree = paths.tree(layer.diffId);
      await incoming.get(layer.diffId);
      if (!isUsable(tree)) await locked(layer.diffId, signal, () => unpack(layer, [...trees], signal));
      trees.unshift(tree);
    }
    return trees;
  }

  return {
    adopt,
    ensure,
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
