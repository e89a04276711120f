// `--filter` of `volume ls` and `volume prune`, with docker's keys and meanings. Pure. Filters of one key widen each
// other, those of different keys narrow each other; every label must be there.
import { TsbuildError } from '../../core/errors.js';
import type { VolumeRecord } from './volume-store.js';

export interface VolumeFilter {
  readonly key: 'dangling' | 'driver' | 'label' | 'label!' | 'name' | 'all';
  readonly value: string;
}

const OF_LIST: readonly string[] = ['dangling', 'driver', 'label', 'name'];
const OF_PRUNE: readonly string[] = ['label', 'label!', 'all'];

/** @param text `label=tier=db`, `dangling=true`, `name=data`. @throws TsbuildError OPTION_INVALID */
export function parseVolumeFilter(text: string, use: 'list' | 'prune'): VolumeFilter {
  const [, key = '', value = ''] = /^([a-z]+!?)=(.*)$/s.exec(text) ?? [];
  const keys = use === 'list' ? OF_LIST : OF_PRUNE;
  if (!keys.includes(key))
    throw new TsbuildError('OPTION_INVALID', `invalid filter '${text}'`, {
      hint: `write ${keys.map((each) => `${each}=VALUE`).join(', ')}`,
    });
  if ((key === 'dangling' || key === 'all') && booleanOf(value) === undefined)
    throw new TsbuildError('OPTION_INVALID', `invalid filter '${text}': it is true or false`);
  return { key: key as VolumeFilter['key'], value };
}

function booleanOf(value: string): boolean | undefined {
  if (['1', 't', 'true', 'TRUE', 'True'].includes(value)) return true;
  return ['0', 'f', 'false', 'FALSE', 'False'].includes(value) ? false : undefined;
}

/** @param isUsed by a container, whether it runs or not */
export function isVolumeMatch(
  volume: VolumeRecord,
  filters: readonly VolumeFilter[],
  isUsed: (name: string) => boolean,
): boolean {
  const valuesOf = (key: VolumeFilter['key']): readonly string[] =>
    filters.filter((filter) => filter.key === key).map(({ value }) => value);
  const isAny = (key: VolumeFilter['key'], match: (value: string) => boolean): boolean => {
    const values = valuesOf(key);
    return values.length === 0 || values.some(match);
  };
  return (
    isAny('name', (value) => volume.name.includes(value)) &&
    isAny('driver', (value) => value === 'local') &&
    isAny('dangling', (value) => booleanOf(value) === !isUsed(volume.name)) &&
    valuesOf('label').every((value) => hasLabel(volume, value)) &&
    !valuesOf('label!').some((value) => hasLabel(volume, value))
  );
}

/** Whether a prune takes those that were named by somebody too. */
export function areNamedMeant(filters: readonly VolumeFilter[]): boolean {
  return filters.some(({ key, value }) => key === 'all' && booleanOf(value) === true);
}

function hasLabel({ labels }: VolumeRecord, text: string): boolean {
  const at = text.indexOf('=');
  const key = at < 0 ? text : text.slice(0, at);
  return Object.hasOwn(labels, key) && (at < 0 || labels[key] === text.slice(at + 1));
}
