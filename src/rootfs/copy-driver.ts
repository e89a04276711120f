// Copies of the trees as a rootfs, for hosts where nothing can be mounted. A copy whose changes became a layer is kept
// for the rootfs on top of that layer. Only what differs is copied then: a chain of thirty copies its base once.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromBuffer, type ByteString } from '../core/bytes.js';
import type { LayerEntry } from '../layer/entry.js';
import { timestampOf } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import { applyTree } from './apply-tree.js';
import { copyDiff } from './copy-diff.js';
import { makeSockets, newSockets, type Sockets } from './keep-sockets.js';
import { makeContainerDirectory } from './overlay.js';
import type { Ownership } from './ownership.js';
import { removeTree } from './remove-tree.js';
import type { Rootfs, RootfsDriver } from './rootfs-driver.js';
import { indexTree, type TreeIndex } from './tree-index.js';

/** Copies kept at most: tips of stages that are built side by side. */
const MAX_KEPT = 3;
/** A file that is changed twice within one tick of the kernel's clock (10 ms at most) may keep its change time. */
const CLOCK_TICK_MS = 12;

/** A copy that shows exactly `lowers`. */
interface Kept {
  readonly path: string;
  readonly lowers: readonly string[];
  readonly index: TreeIndex;
}

export interface CopyDriverOptions {
  readonly ownership: Ownership;
  /** A directory of the worker's own, on the file system of the trees, for copies between two processes. */
  readonly keepIn: () => string;
}

export function copyDriver(calls: SystemCalls, { ownership, keepIn }: CopyDriverOptions): RootfsDriver {
  const kept: Kept[] = [];
  /** What processes left on the trees of that name. */
  const socketsOf = new Map<string, Sockets>();
  let count = 0;

  /** The kept copy that shows most of `lowers` and nothing else; it is given away. */
  function takeOver(lowers: readonly string[]): Kept | undefined {
    const usable = kept.filter((copy) => isLowerPart(copy.lowers, lowers));
    const best = usable.toSorted((a, b) => b.lowers.length - a.lowers.length)[0];
    if (best) kept.splice(kept.indexOf(best), 1);
    return best;
  }

  function keep(path: string, lowers: readonly string[], index: TreeIndex): void {
    const place = join(keepIn(), `copy-${count++}`);
    renameSync(path, place);
    kept.push({ path: place, lowers, index });
    for (const oldest of kept.splice(0, Math.max(0, kept.length - MAX_KEPT))) removeTree(calls, oldest.path);
  }

  async function fill(target: string, lowers: readonly string[]): Promise<TreeIndex> {
    const copy = takeOver(lowers);
    if (copy) renameSync(copy.path, target);
    else makeContainerDirectory(calls, target, ownership);
    const missing = lowers.slice(0, lowers.length - (copy?.lowers.length ?? 0));
    for (const [i, tree] of [...missing.entries()].toReversed()) {
      await applyTree(calls, tree, target);
      const sockets = socketsOf.get(nameOf(lowers.slice(i)));
      if (sockets) makeSockets(calls, target, sockets);
    }
    return copy && missing.length === 0 ? copy.index : indexTree(target);
  }

  return {
    name: 'copy',
    async open(directory, lowers): Promise<Rootfs> {
      const target = join(directory, 'rootfs');
      const before = await fill(target, lowers);
      await sleep(CLOCK_TICK_MS);
      const written = new Set<ByteString>();
      let after: TreeIndex | undefined;
      return {
        target,
        async changes() {
          after = indexTree(target);
          const entries = copyDiff(calls, { root: target, before, after, lowers, ownership });
          return { entries: noting(written, entries) };
        },
        stored(tree) {
          if (!after) return;
          forgetTraces(calls, { root: target, before, after, written });
          const sockets = newSockets(before, after);
          if (sockets.size > 0) socketsOf.set(nameOf([tree, ...lowers]), sockets);
          keep(target, [tree, ...lowers], after);
        },
        close() {},
      };
    },
    async view(directory, lowers) {
      const target = join(directory, 'view');
      makeContainerDirectory(calls, target, ownership);
      for (const tree of lowers.toReversed()) await applyTree(calls, tree, target);
      return { target, close() {} };
    },
  };
}

/** Paths hold no NUL. */
function nameOf(lowers: readonly string[]): string {
  return lowers.join('\0');
}

function isLowerPart(part: readonly string[], lowers: readonly string[]): boolean {
  const above = lowers.length - part.length;
  return above >= 0 && part.every((tree, i) => tree === lowers[above + i]);
}

function* noting(written: Set<ByteString>, entries: Iterable<LayerEntry>): Generator<LayerEntry> {
  for (const entry of entries) {
    written.add(entry.path);
    yield entry;
  }
}

interface Traces {
  readonly root: string;
  readonly before: TreeIndex;
  readonly after: TreeIndex;
  /** Paths of the layer. */
  readonly written: ReadonlySet<ByteString>;
}

/** Takes back the times of directories that otherwise are as they were: a layer has no such change. */
function forgetTraces(calls: SystemCalls, { root, before, after, written }: Traces): void {
  const at = (path: ByteString): ByteString => `${fromBuffer(Buffer.from(root))}/${path}` as ByteString;
  for (const [path, mark] of after.marks) {
    const was = before.marks.get(path);
    if (!after.names.has(path) || written.has(path) || !was || was.mtimeNs === mark.mtimeNs) continue;
    calls.utimensat(AT_FDCWD, at(path), { mtime: timestampOf(was.mtimeNs) });
    after.marks.set(path, { ...mark, mtimeNs: was.mtimeNs });
  }
}
