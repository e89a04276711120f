// Sizes of files and folders as `du --apparent-size` counts them: folders too, and what has several names once.
// Invariant: what was asked for is counted once, so that all answers together are the size of the store.
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';

export interface Measure {
  /** Bytes of one file, 0 when it is gone or was counted before. */
  file(path: string): number;
  /** Of a folder with all that is in it and was not counted before. @throws TsbuildError ABORTED */
  folder(path: string): Promise<number>;
  /** Its size is known by other means. */
  skip(path: string): void;
  /** Folders that cannot be looked into. */
  readonly unreadable: readonly string[];
}

/** Looks at that many names before others have a turn. */
const NAMES_PER_TURN = 2000;

export function createMeasure(signal: AbortSignal): Measure {
  const counted = new Set<string>();
  const unreadable: string[] = [];
  let names = 0;

  function sizeOf(stats: Stats | undefined): number {
    if (!stats) return 0;
    if (stats.nlink < 2 || stats.isDirectory()) return stats.size;
    const key = `${stats.dev}:${stats.ino}`;
    return isNew(key) ? stats.size : 0;
  }

  function isNew(key: string): boolean {
    if (counted.has(key)) return false;
    counted.add(key);
    return true;
  }

  function namesIn(path: string): string[] {
    try {
      return readdirSync(bytesOf(path), { encoding: 'latin1' });
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'EACCES' || code === 'EPERM') unreadable.push(bytesOf(path).toString());
      else if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
      return [];
    }
  }

  return {
    file(path) {
      const name = latin1Of(path);
      return isNew(name) ? sizeOf(lookAt(name)) : 0;
    },
    async folder(path) {
      let bytes = 0;
      const todo = [latin1Of(path)];
      if (!isNew(todo[0]!)) return 0;
      for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
        const stats = lookAt(next);
        bytes += sizeOf(stats);
        if (stats?.isDirectory())
          for (const name of namesIn(next)) if (!counted.has(`${next}/${name}`)) todo.push(`${next}/${name}`);
        if (++names % NAMES_PER_TURN === 0) await turn();
        if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted', { cause: signal.reason });
      }
      return bytes;
    },
    skip: (path) => void counted.add(latin1Of(path)),
    unreadable,
  };
}

/** Undefined when it is gone, or lies where nobody may look. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(bytesOf(path));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** A character per byte, so that names which are no UTF-8 stay what they are. */
function latin1Of(path: string): string {
  return Buffer.from(path).toString('latin1');
}

function bytesOf(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
