// `--filter` of `network ls` and `network prune`, with docker's keys and meanings (moby daemon/network/filter.go).
// Pure.
import { parseGoBool } from '../../core/go-bool.js';
import {
  areLabelsMatched,
  invalidFilter,
  isAny,
  parseKeyFilter,
  type KeyFilter,
} from '../rules/key-filters.js';
import { isPredefined, type NetworkRecord } from './network-record.js';

type Key = 'name' | 'id' | 'driver' | 'type' | 'scope' | 'label' | 'label!' | 'dangling';
export type NetworkFilter = KeyFilter<Key>;

const KEYS: Readonly<Record<'list' | 'prune', readonly Key[]>> = {
  list: ['name', 'id', 'driver', 'type', 'scope', 'label', 'dangling'],
  prune: ['label', 'label!'],
};

/** @param text `label=tier=db`, `name=back`. @throws TsbuildError OPTION_INVALID */
export function parseNetworkFilter(text: string, use: 'list' | 'prune'): NetworkFilter {
  const filter = parseKeyFilter(text, KEYS[use]);
  const { key, value } = filter;
  const isBad =
    (key === 'dangling' && parseGoBool(value) === undefined) ||
    (key === 'type' && value !== 'builtin' && value !== 'custom');
  if (isBad) throw invalidFilter(text, KEYS[use]);
  return filter;
}

/** @param hasMembers whether containers run on it */
export function isNetworkMatch(
  network: NetworkRecord,
  filters: readonly NetworkFilter[],
  hasMembers: (network: NetworkRecord) => boolean,
): boolean {
  const isDangling = (): boolean => !isPredefined(network) && !hasMembers(network);
  return (
    isAny(filters, 'name', (value) => network.name.includes(value)) &&
    isAny(filters, 'id', (value) => network.id.startsWith(value)) &&
    isAny(filters, 'driver', (value) => network.driver === value) &&
    isAny(filters, 'scope', (value) => value === 'local') &&
    isAny(filters, 'type', (value) => value === (isPredefined(network) ? 'builtin' : 'custom')) &&
    isAny(filters, 'dangling', (value) => parseGoBool(value) === isDangling()) &&
    areLabelsMatched(filters, network.labels)
  );
}
