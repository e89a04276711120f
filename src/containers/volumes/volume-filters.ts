// `--filter` of `volume ls` and `volume prune`, with docker's keys and meanings. Pure.
import { TsbuildError } from '../../core/errors.js';
import { parseGoBool } from '../../core/go-bool.js';
import { areLabelsMatched, isAny, parseKeyFilter, type KeyFilter } from '../rules/key-filters.js';
import type { VolumeRecord } from './volume-store.js';

type Key = 'dangling' | 'driver' | 'label' | 'label!' | 'name' | 'all';
export type VolumeFilter = KeyFilter<Key>;

const KEYS: Readonly<Record<'list' | 'prune', readonly Key[]>> = {
  list: ['dangling', 'driver', 'label', 'name'],
  prune: ['label', 'label!', 'all'],
};

/** @param text `label=tier=db`, `dangling=true`, `name=data`. @throws TsbuildError OPTION_INVALID */
export function parseVolumeFilter(text: string, use: 'list' | 'prune'): VolumeFilter {
  const filter = parseKeyFilter(text, KEYS[use]);
  const isFlag = filter.key === 'dangling' || filter.key === 'all';
  if (isFlag && parseGoBool(filter.value) === undefined)
    throw new TsbuildError('OPTION_INVALID', `invalid filter '${text}': it is true or false`);
  return filter;
}

/** @param isUsed by a container, whether it runs or not */
export function isVolumeMatch(
  volume: VolumeRecord,
  filters: readonly VolumeFilter[],
  isUsed: (name: string) => boolean,
): boolean {
  return (
    isAny(filters, 'name', (value) => volume.name.includes(value)) &&
    isAny(filters, 'driver', (value) => value === 'local') &&
    isAny(filters, 'dangling', (value) => parseGoBool(value) === !isUsed(volume.name)) &&
    areLabelsMatched(filters, volume.labels)
  );
}

/** Whether a prune takes those that were named by somebody too. */
export function areNamedMeant(filters: readonly VolumeFilter[]): boolean {
  return filters.some(({ key, value }) => key === 'all' && parseGoBool(value) === true);
}
