// Removes the containers that do not run.
import { object, texts } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { listRecords } from '../containers/container-files.js';
import type { ContainerRecord } from '../containers/container-record.js';
import { removeContainer } from '../containers/remove-files.js';
import { monitoredState } from '../containers/running-state.js';
import { TsbuildError } from '../core/errors.js';
import { areLabelsMatched, parseKeyFilter } from '../containers/rules/key-filters.js';
import { parseFilter } from '../upkeep/filters.js';
import { createMeasure } from '../upkeep/measure.js';
import { hostOf } from './host-of.js';
import { onEngine } from './on-engine.js';

export interface PruneContainersRequest {
  /** `until=24h`: made before; `label=K`, `label=K=V`, `label!=K`. */
  readonly filters?: readonly string[];
}

export interface PrunedContainers {
  readonly ids: readonly string[];
  readonly freedBytes: number;
}

/**
 * Their volumes stay, as with docker.
 * @throws TsbuildError OPTION_INVALID, STORE_*, SANDBOX_*, ABORTED
 */
export async function pruneContainers(
  request: PruneContainersRequest = {},
  options: BuildOptions = {},
): Promise<PrunedContainers> {
  object({ filters: texts })(request, 'request');
  const matchers = (request.filters ?? []).map(matcherOf);
  return onEngine(options, async (open) => {
    const { signal, engine } = open;
    const host = hostOf(open);
    const measure = createMeasure(signal);
    const ids: string[] = [];
    let freedBytes = 0;
    for (const record of listRecords(host.paths)) {
      const files = host.paths.of(record.id);
      if (monitoredState(files) || !matchers.every((isMatch) => isMatch(record, engine.now()))) continue;
      freedBytes += await measure.folder(files.directory);
      await removeContainer(host, record, { areVolumesRemoved: false });
      ids.push(record.id);
    }
    return { ids, freedBytes };
  });
}

type Matcher = (record: ContainerRecord, now: number) => boolean;

function matcherOf(filter: string): Matcher {
  if (/^label!?=[^=]/.test(filter)) {
    const asked = parseKeyFilter(filter, ['label', 'label!']);
    return ({ config: { labels } }) => areLabelsMatched([asked], labels);
  }
  if (!filter.startsWith('until='))
    throw new TsbuildError('OPTION_INVALID', `invalid filter '${filter}'`, {
      hint: 'write until=24h, label=KEY, label=KEY=VALUE or label!=KEY',
    });
  const parsed = parseFilter(filter);
  const seconds = parsed.key === 'until' ? parsed.seconds : 0;
  return ({ createdAt }, now) => now - createdAt / 1000 > seconds;
}
