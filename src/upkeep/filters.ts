// `--filter` of prune and du. Filters of one key widen each other, those of different keys narrow each other, as
// docker's do.
import { TsbuildError } from '../core/errors.js';
import { STORE_CLASSES, type Item, type StoreClass } from './item.js';

export type PruneFilter =
  /** Unused for longer; seconds. */
  | { readonly key: 'until'; readonly seconds: number }
  | { readonly key: 'type'; readonly type: StoreClass }
  /** The beginning of an id, as `du --verbose` shows it. */
  | { readonly key: 'id'; readonly id: string }
  /** A part of the description. */
  | { readonly key: 'description'; readonly text: string };

export type PruneFilters = readonly PruneFilter[];

/** Names of buildx for the same things. */
const ALIASES: Readonly<Record<string, StoreClass>> = {
  regular: 'build-cache',
  'exec.cachemount': 'cache-mounts',
};

/** @param text `until=24h`, `type=trees`, `id=…`, `description~=npm`. @throws TsbuildError OPTION_INVALID */
export function parseFilter(text: string): PruneFilter {
  const [, key = '', operator = '', value = ''] = /^([a-z-]+)(~?=)(.*)$/s.exec(text) ?? [];
  if (operator === '~=' && key === 'description' && value !== '') return { key, text: value };
  if (operator === '=' && value !== '') {
    if (key === 'until') return { key, seconds: parseDuration(value, text) };
    if (key === 'id') return { key, id: value };
    if (key === 'type') return { key, type: parseType(value, text) };
  }
  throw invalid(text, 'write until=24h, type=trees, id=ID or description~=TEXT');
}

function parseType(value: string, text: string): StoreClass {
  const found =
    STORE_CLASSES.find((each) => each === value) ??
    (Object.hasOwn(ALIASES, value) ? ALIASES[value] : undefined);
  if (found === undefined) throw invalid(text, `type is one of ${STORE_CLASSES.join(', ')}`);
  return found;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, ms: 0.001 };
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** As Go writes durations, `1h30m`, and days. Seconds. */
function parseDuration(value: string, text: string): number {
  const parts = [...value.matchAll(PART)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== value)
    throw invalid(text, 'write a duration such as 30m, 24h or 7d');
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
}

function invalid(text: string, hint: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `invalid filter: '${text}'`, { hint });
}

/** @param now seconds since the epoch */
export function matches(item: Item, filters: PruneFilters, now: number): boolean {
  const keys = new Set(filters.map(({ key }) => key));
  return [...keys].every((key) => filters.some((filter) => filter.key === key && isMatch(item, filter, now)));
}

function isMatch(item: Item, filter: PruneFilter, now: number): boolean {
  switch (filter.key) {
    case 'until':
      return now - item.lastUsed > filter.seconds;
    case 'type':
      return item.class === filter.type;
    case 'id':
      return item.id.startsWith(filter.id) || item.id.slice(item.id.indexOf(':') + 1).startsWith(filter.id);
    case 'description':
      return item.description.includes(filter.text);
  }
}
