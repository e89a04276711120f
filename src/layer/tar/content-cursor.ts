// Walks through the content of a file with holes: data and holes in turn.
import type { DataRuns } from '../entry.js';

export interface ContentPart {
  readonly kind: 'data' | 'hole';
  /** At least 1. */
  readonly length: number;
}

export interface ContentCursor {
  /** Undefined at the end of the content. */
  next(): ContentPart | undefined;
}

/** @param size with the holes */
export function createContentCursor(runs: DataRuns, size: number): ContentCursor {
  let position = 0;
  let run = 0;
  return {
    next() {
      const isData = runs[run] === position;
      const kind = isData ? 'data' : 'hole';
      const length = isData ? runs[run + 1]! : (runs[run] ?? size) - position;
      if (isData) run += 2;
      position += length;
      return length === 0 ? undefined : { kind, length };
    },
  };
}
