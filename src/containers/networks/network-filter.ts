// Which networks a list shows (docker `network ls --filter`): one value of each kind must fit, all of the labels. Pure.
import { isPredefined, type NetworkRecord } from './network-record.js';

export interface NetworkFilter {
  /** Parts of names. */
  readonly names?: readonly string[];
  /** Beginnings of ids. */
  readonly ids?: readonly string[];
  readonly drivers?: readonly string[];
  readonly types?: readonly ('builtin' | 'custom')[];
  /** `K` or `K=V`. */
  readonly labels?: readonly string[];
  /** Whether containers are on it. */
  readonly isDangling?: boolean;
  /** Only those that were created before: milliseconds since the epoch. */
  readonly createdBefore?: number;
}

/** @param hasMembers asked only when that matters */
export function isShown(
  record: NetworkRecord,
  filter: NetworkFilter,
  hasMembers: (record: NetworkRecord) => boolean,
): boolean {
  const { names, ids, drivers, types, labels = [], isDangling, createdBefore } = filter;
  const type = isPredefined(record) ? 'builtin' : 'custom';
  return (
    fits(names, (name) => record.name.includes(name)) &&
    fits(ids, (id) => record.id.startsWith(id)) &&
    fits(drivers, (driver) => record.driver === driver) &&
    fits(types, (wanted) => wanted === type) &&
    labels.every((label) => hasLabel(record, label)) &&
    (createdBefore === undefined || record.createdAt < createdBefore) &&
    (isDangling === undefined || isDangling === (type === 'custom' && !hasMembers(record)))
  );
}

function fits<T>(wanted: readonly T[] | undefined, isFitting: (value: T) => boolean): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.some(isFitting);
}

function hasLabel({ labels }: NetworkRecord, label: string): boolean {
  const [key = '', ...value] = label.split('=');
  if (!Object.hasOwn(labels, key)) return false;
  return value.length === 0 || labels[key] === value.join('=');
}
