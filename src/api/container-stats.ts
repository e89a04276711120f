// What containers use of this machine, again and again or once.
import { setTimeout as sleep } from 'node:timers/promises';
import { flag, object, texts } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { requireContainer } from '../containers/container-files.js';
import type { ContainerHost } from '../containers/container-host.js';
import { containerViews, type ContainerView } from '../containers/container-view.js';
import { measureUsage, type MeasuredUsage, type UsageSource } from '../containers/measure-usage.js';
import { processTable } from '../containers/processes-of-container.js';
import { cpuPercent } from '../containers/rules/container-usage.js';
import { settleAll } from '../containers/settle.js';
import { hostOf } from './host-of.js';
import { onEngine } from './on-engine.js';

export interface ContainerStatsRequest {
  /** Names, or the beginnings of ids; absent or empty: those that run. */
  readonly containers?: readonly string[];
  /** Those that do not run too. */
  readonly isAll?: boolean;
  /** A list each second until an abort. Default true; else one list. */
  readonly isFollowing?: boolean;
}

/** Of a container that does not run only the names. */
export interface ContainerStats {
  readonly id: string;
  readonly name: string;
  readonly usage?: ContainerUsage;
}

export interface ContainerUsage extends Omit<MeasuredUsage, 'at' | 'cpuMs'> {
  /** Over the last second, of one processor: two that are busy are 200. */
  readonly cpuPercent: number;
  readonly source: UsageSource;
}

const statsRequest = object({ containers: texts, isAll: flag, isFollowing: flag });
const INTERVAL_MS = 1000;

/** @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, STORE_*, ABORTED */
export async function containerStats(
  request: ContainerStatsRequest = {},
  options: BuildOptions = {},
): Promise<AsyncIterable<readonly ContainerStats[]>> {
  statsRequest(request, 'request');
  return onEngine(options, async (open) => {
    const host = hostOf(open);
    const ids = (request.containers ?? []).map((text) => requireContainer(host.paths, text).id);
    await settleAll(host);
    const signal = options.signal ?? new AbortController().signal;
    return statsOf({ ...host, signal }, ids, request);
  });
}

async function* statsOf(
  host: ContainerHost,
  ids: readonly string[],
  { isAll = false, isFollowing = true }: ContainerStatsRequest,
): AsyncGenerator<readonly ContainerStats[]> {
  const shown = (): readonly ContainerView[] =>
    containerViews(host.paths).filter(({ record: { id }, status }) =>
      ids.length > 0 ? ids.includes(id) : isAll || status === 'running',
    );
  for (let before = measureAll(shown()); ;) {
    await sleep(INTERVAL_MS, undefined, { signal: host.signal }).catch(() => undefined);
    if (host.signal.aborted) return;
    const views = shown();
    const after = measureAll(views);
    yield views.map(({ record: { id, name } }) => {
      const usage = usageOf(before.get(id), after.get(id));
      return { id, name, ...(usage && { usage }) };
    });
    if (!isFollowing) return;
    before = after;
  }
}

function measureAll(views: readonly ContainerView[]): ReadonlyMap<string, MeasuredUsage> {
  const moment = { table: processTable(), at: performance.now() };
  return new Map(
    views.flatMap(({ record, status, state }) =>
      status === 'running' && state ? [[record.id, measureUsage(record, state, moment)] as const] : [],
    ),
  );
}

function usageOf(
  before: MeasuredUsage | undefined,
  after: MeasuredUsage | undefined,
): ContainerUsage | undefined {
  if (!after) return undefined;
  const { at: _, cpuMs: __, ...usage } = after;
  return { ...usage, cpuPercent: before ? cpuPercent(before, after) : 0 };
}
