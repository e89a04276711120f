// The builds whose logs are kept in the store, and what each has told.
import { filledText } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import type { BuildEvent } from '../core/events.js';
import { findBuild, keptBuilds, readBuild, readBuildEvents } from '../store/build-logs/kept-builds.js';
import type { BuildSummary } from '../core/build-summary.js';
import { summariseBuild } from '../store/build-logs/summarise-build.js';
import { onEngine } from './on-engine.js';

export type { BuildSummary } from '../core/build-summary.js';

export interface BuildLog {
  readonly build: BuildSummary;
  /** All events of the build, in their order. */
  readonly events: readonly BuildEvent[];
}

/**
 * The latest first. The last hundred are kept.
 * @throws TsbuildError STORE_*, ABORTED
 */
export async function builds(options: BuildOptions = {}): Promise<readonly BuildSummary[]> {
  return onEngine(options, async ({ engine: { store } }) => keptBuilds(store.paths).map(summariseBuild));
}

/**
 * @param id or its beginning; default the last build
 * @throws TsbuildError OPTION_INVALID when there is no such log, STORE_*, ABORTED
 */
export async function buildLog(id?: string, options: BuildOptions = {}): Promise<BuildLog> {
  if (id !== undefined) filledText(id, 'id');
  return onEngine(options, async ({ engine: { store }, signal }) => {
    const found = findBuild(store.paths, id);
    const build = summariseBuild(readBuild(store.paths, found));
    const events: BuildEvent[] = [];
    for await (const event of readBuildEvents(store.paths, found)) {
      signal.throwIfAborted();
      events.push(event);
    }
    return { build, events };
  });
}
