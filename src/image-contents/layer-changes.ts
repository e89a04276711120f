// The changes of a layer as few lines: those far below are one for their directory. Pure.
import { compareBytes, toUtf8, type ByteString } from '../core/bytes.js';
import type { TreeChange } from '../layer/tree-changes.js';
import type { LayerChange } from './image-contents.js';

export type ChangeKind = LayerChange['kind'];

/** Undefined for a directory that was there before. */
export function kindOf({ before, after }: TreeChange): ChangeKind | undefined {
  if (before?.type === 'dir' && after?.type === 'dir') return undefined;
  return !before ? 'added' : !after ? 'deleted' : 'changed';
}

export function isOfDirectory({ before, after }: TreeChange): boolean {
  return (after ?? before)?.type === 'dir';
}

export interface ChangeSum {
  note(change: TreeChange): void;
  /** Largest first. */
  lines(): readonly LayerChange[];
}

/** @param depth names deeper than this are summed up in the directory there, but for one that is alone */
export function createChangeSum(depth: number): ChangeSum {
  const sums = new Map<string, { kind: ChangeKind; path: ByteString; size: number; files: number }>();
  return {
    note(change) {
      const kind = kindOf(change);
      if (kind === undefined || isOfDirectory(change)) return;
      const path = shortened(change.path, depth);
      const key = `${kind} ${path}`;
      const known = sums.get(key);
      const sum = known ?? { kind, path: change.path, size: 0, files: 0 };
      if (known) sum.path = path;
      sums.set(key, sum);
      sum.size += (change.after ?? change.before)!.size;
      sum.files++;
    },
    lines: () =>
      [...sums.values()]
        .sort((a, b) => b.size - a.size || compareBytes(a.path, b.path))
        .map(({ path, ...sum }) => ({ ...sum, path: toUtf8(path) })),
  };
}

function shortened(path: ByteString, depth: number): ByteString {
  let end = -1;
  for (let i = 0; i < depth; i++) {
    end = path.indexOf('/', end + 1);
    if (end === -1) return path;
  }
  return path.slice(0, Math.max(end, 0)) as ByteString;
}
