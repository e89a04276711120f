// The step of a build that failed, as a text beside the log of the build. Nobody but the builder's user can read it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { errnoOf } from '../../core/errno.js';
import type { StorePaths } from '../store-paths.js';
import { join } from 'node:path';

type Paths = Pick<StorePaths, 'builds'>;

/** @param id of the build */
function keptStepFile({ builds }: Paths, id: string): string {
  return join(builds, `${id}.step.json`);
}

/** @throws the errno of a write */
export function keepStep(paths: Paths, id: string, text: string): void {
  mkdirSync(paths.builds, { recursive: true });
  writeFileSync(keptStepFile(paths, id), text, { mode: 0o600 });
}

/** Undefined when no step of the build was kept. @throws the errno of a read */
export function readKeptStep(paths: Paths, id: string): string | undefined {
  try {
    return readFileSync(keptStepFile(paths, id), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function removeKeptStep(paths: Paths, id: string): void {
  rmSync(keptStepFile(paths, id), { force: true });
}
