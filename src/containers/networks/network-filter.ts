// `--filter` of `network ls` and `network prune`, with docker's keys and meanings (moby daemon/network/filter.go).
// Filters of one key widen each other, those of different keys narrow each other; every label must be there. Pure.
import { TsbuildError } from '../../core/errors.js';
import { parseGoBool } from '../../core/go-bool.js';
import { isPredefined, type NetworkRecord } from './network-record.js';

export interface NetworkFilter {
  readonly key: 'name' | 'id' | 'driver' | 'type' | 'scope' | 'label' | 'label!' | 'dangling';
  readonly value: string;
}

const KEYS = {
  list: ['name', 'id', 'driver', 'type', 'scope', 'label', 'dangling'],
  prune: ['label', 'label!'],
} as const;

/** @param text `label=tier=db`, `name=back`. @throws TsbuildError OPTION_INVALID */
export function parseNetworkFilter(text: string, use: keyof typeof KEYS): NetworkFilter {
  const [, key = '', value = ''] = /^([a-z]+!?)=(.*)$/s.exec(text) ?? [];
  const keys: readonly string[] = KEYS[use];
  const isBad =
    !keys.includes(key) ||
    (key === 'dangling' && parseGoBool(value) === undefined) ||
    (key === 'type' && value !== 'builtin' && value !== 'custom');
  if (isBad)
    throw new TsbuildError('OPTION_INVALID', `invalid filter '${text}'`, {
      hint: `write ${keys.map((each) => `${each}=VALUE`).join(', ')}`,
    });
  return { key: key as NetworkFilter['key'], value };
}

/** @param hasMembers whether containers run on it */
export function isNetworkMatch(
  network: NetworkRecord,
  filters: readonly NetworkFilter[],
  hasMembers: (network: NetworkRecord) => boolean,
): boolean {
  const valuesOf = (key: NetworkFilter['key']): readonly string[] =>
    filters.filter((filter) => filter.key === key).map(({ value }) => value);
  const isAny = (key: NetworkFilter['key'], match: (value: string) => boolean): boolean => {
    const values = valuesOf(key);
    return values.length === 0 || values.some(match);
  };
  const isDangling = (): boolean => !isPredefined(network) && !hasMembers(network);
  return (
    isAny('name', (value) => network.name.includes(value)) &&
    isAny('id', (value) => network.id.startsWith(value)) &&
    isAny('driver', (value) => network.driver === value) &&
    isAny('scope', (value) => value === 'local') &&
    isAny('type', (value) => value === (isPredefined(network) ? 'builtin' : 'custom')) &&
    isAny('dangling', (value) => parseGoBool(value) === isDangling()) &&
    valuesOf('label').every((value) => hasLabel(network, value)) &&
    !valuesOf('label!').some((value) => hasLabel(network, value))
  );
}

function hasLabel({ labels }: NetworkRecord, text: string): boolean {
  const at = text.indexOf('=');
  const key = at < 0 ? text : text.slice(0, at);
  return Object.hasOwn(labels, key) && (at < 0 || labels[key] === text.slice(at + 1));
}
