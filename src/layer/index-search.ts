// Finding a few entries in the text of a layer index without decoding the others: its lines are sorted by path.
import type { ByteString } from '../core/bytes.js';
import type { DiffId } from '../core/digest.js';
import type { LayerEntry } from './entry.js';
import { decodeIndexRow, indexRows } from './index-codec.js';

const NEWLINE = 0x0a;

export interface IndexSearch {
  /** All entries of this path: a node or a link, and marks of deletion. */
  at(path: ByteString): readonly LayerEntry[];
  /** What stands below this path: objects, or nothing but marks of deletion. */
  below(path: ByteString): 'objects' | 'marks' | 'nothing';
}

interface Line {
  readonly entry: LayerEntry;
  readonly start: number;
  /** Of the line after it. */
  readonly next: number;
}

/** @throws TsbuildError STORE_CORRUPT */
export function searchIndex(text: Buffer, diffId: DiffId): IndexSearch {
  const rows = indexRows(text, diffId);

  /** The line that holds a byte. */
  function lineAt(position: number): Line {
    const start = position === 0 ? 0 : rows.lastIndexOf(NEWLINE, position - 1) + 1;
    const newline = rows.indexOf(NEWLINE, position);
    const isLast = newline === -1;
    const line = rows.toString('utf8', start, isLast ? rows.length : newline - 1);
    return { entry: decodeIndexRow(line, diffId), start, next: isLast ? rows.length : newline + 1 };
  }

  /** Where the first line stands whose path is not before this one. */
  function firstFrom(path: string): number {
    let [low, high] = [0, rows.length];
    while (low < high) {
      const line = lineAt((low + high) >>> 1);
      if (line.entry.path < path) low = line.next;
      else high = line.start;
    }
    return low;
  }

  return {
    at(path) {
      const found: LayerEntry[] = [];
      for (let at = firstFrom(path); at < rows.length;) {
        const { entry, next } = lineAt(at);
        if (entry.path !== path) break;
        found.push(entry);
        at = next;
      }
      return found;
    },
    below(path) {
      const prefix = path === '' ? '' : `${path}/`;
      const first = firstFrom(prefix === '' ? '\0' : prefix);
      for (let at = first; at < rows.length;) {
        const { entry, next } = lineAt(at);
        if (!entry.path.startsWith(prefix)) return at === first ? 'nothing' : 'marks';
        if (entry.kind === 'node' || entry.kind === 'hardlink') return 'objects';
        at = next;
      }
      return first < rows.length ? 'marks' : 'nothing';
    },
  };
}
