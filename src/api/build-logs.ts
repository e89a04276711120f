// The builds whose logs are kept in the store, and what each has told.
import { filledText } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import type { BuildEvent } from '../core/events.js';
import {
  findBuild,
  keptBuilds,
  readBuild,
  readBuildEvents,
  type KeptBuild,
} from '../store/build-logs/kept-builds.js';
import { onEngine } from './on-engine.js';

export interface BuildSummary {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly started: number;
  /** Seconds; absent for a build that runs, or that was killed. */
  readonly duration?: number;
  /** `unfinished`: it runs, or it was killed. */
  readonly status: 'done' | 'error' | 'canceled' | 'unfinished';
  /** A path as an absolute one. */
  readonly context: string;
  readonly dockerfile?: string;
  readonly target?: string;
  readonly tags: readonly string[];
  /** Of the image. */
  readonly digest?: string;
  /** Steps. */
  readonly executed?: number;
  readonly cached?: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
}

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
  return onEngine(options, async ({ engine: { store } }) => keptBuilds(store.paths).map(summaryOf));
}

/**
 * @param id or its beginning; default the last build
 * @throws TsbuildError OPTION_INVALID when there is no such log, STORE_*, ABORTED
 */
export async function buildLog(id?: string, options: BuildOptions = {}): Promise<BuildLog> {
  if (id !== undefined) filledText(id, 'id');
  return onEngine(options, async ({ engine: { store }, signal }) => {
    const found = findBuild(store.paths, id);
    const build = summaryOf(readBuild(store.paths, found));
    const events: BuildEvent[] = [];
    for await (const event of readBuildEvents(store.paths, found)) {
      signal.throwIfAborted();
      events.push(event);
    }
    return { build, events };
  });
}

function summaryOf({ header, end }: KeptBuild): BuildSummary {
  const { id, started, context, dockerfile, target, tags } = header;
  return {
    id,
    started,
    ...(end && { duration: Math.max(0, end.ended - started) }),
    status: end?.status ?? 'unfinished',
    context,
    ...(dockerfile !== undefined && { dockerfile }),
    ...(target !== undefined && { target }),
    tags,
    ...(end?.digest !== undefined && { digest: end.digest }),
    ...(end?.executed !== undefined && { executed: end.executed }),
    ...(end?.cached !== undefined && { cached: end.cached }),
    ...(end?.error && { error: end.error }),
  };
}
