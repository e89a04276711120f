// Where the programs of the other processes lie: beside the bundle, or in the folders of a file-by-file build.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { invariant } from '../../core/errors.js';

export interface EntryPoints {
  /** Path of worker/start, or of worker/main itself. */
  readonly worker: string;
  /** Path of sandbox/notify/supervisor-main. */
  readonly supervisor: string;
}

/** The programs that belong to this copy of tsbuild. */
export function defaultEntryPoints(): EntryPoints {
  return {
    worker: firstExisting(['../worker/start.cjs', './worker/start.cjs', '../main.js']),
    supervisor: firstExisting([
      '../sandbox/notify/supervisor-main.cjs',
      './sandbox/notify/supervisor-main.cjs',
      '../../sandbox/notify/supervisor-main.js',
    ]),
  };
}

function firstExisting(candidates: readonly string[]): string {
  const paths = candidates.map((candidate) => fileURLToPath(new URL(candidate, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  invariant(found, `none of ${paths.join(', ')} exists`);
  return found;
}
