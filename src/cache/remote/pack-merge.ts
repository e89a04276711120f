// What becomes of a pack when a build adds to it: records are put together, those that nobody used for long are left
// out, and so are the ones that have no room. Pure.
// Invariants: for records and selections the order of packs does not count, nor how often one is merged; no layer
// without a record or a mount; what was merged is within its bounds.
import {
  nameOfMount,
  sortedByName,
  type Pack,
  type PackLayer,
  type PackRecord,
  type PackSelection,
} from './pack.js';

export interface MergeRules {
  /** Days since 1970-01-01. */
  readonly today: number;
  /** Of all layers of records, compressed, each counted once. */
  readonly maxBytes: number;
  /** The same of cache mounts. */
  readonly mountsMaxBytes: number;
}

/** Days after which what was not used is left out. */
const KEPT_DAYS = 14;
/** A manifest must stay under 4 MiB, and some registries count layers. */
export const MAX_LAYERS = 1000;
/** The records must stay under 16 MiB. */
const MAX_ROWS = 10_000;
/** Days by which a last use may be older than it is said to be, so that a build need not write for it alone. */
const UNTOLD_DAYS = 1;
const DAY_MS = 86_400_000;

/** Of mounts of one id and platform those of `own` count, which are the latest. */
export function mergePacks(old: Pack, own: Pack, rules: MergeRules): Pack {
  const records = united([...old.records, ...own.records], ({ key }) => key, latestMade(rules));
  const selections = united([...old.selections, ...own.selections], ({ name }) => name, smallerAnswer);
  const mounts = united([...old.mounts, ...own.mounts], nameOfMount, (_, later) => later);
  const keptMounts = within(fresh(mounts, rules), rules.mountsMaxBytes, MAX_LAYERS);
  const rest = MAX_LAYERS - digestsOf(keptMounts).size;
  return {
    records: sortedByName(within(fresh(records, rules), rules.maxBytes, rest), ({ key }) => key),
    selections: sortedByName(latest(fresh(selections, rules)), ({ name }) => name),
    mounts: sortedByName(keptMounts, nameOfMount),
  };
}

/** Each layer that the pack names, once. */
export function layersOf({ records, mounts }: Pick<Pack, 'records' | 'mounts'>): readonly PackLayer[] {
  const layers = [...records, ...mounts].map((layer) => [layer.blob.digest, layer] as const);
  return sortedByName([...new Map(layers).values()], ({ blob }) => blob.digest);
}

/** Of all layers of records, each counted once. */
export function bytesOf({ records }: Pick<Pack, 'records'>): number {
  return layersOf({ records, mounts: [] }).reduce((sum, { blob }) => sum + blob.size, 0);
}

/**
 * Whether the merged pack is worth writing: it has what the old one lacks, tells of a use that the old one would soon
 * forget, or the old one is over its bounds.
 */
export function isNews(old: Pack, merged: Pack, rules: MergeRules): boolean {
  const records = new Map(old.records.map((record) => [record.key, record]));
  const selections = new Map(old.selections.map((selection) => [selection.name, selection]));
  const mounts = new Map(old.mounts.map((mount) => [nameOfMount(mount), mount]));
  return (
    bytesOf(old) > rules.maxBytes ||
    merged.records.some((record) => isNewer(record, records.get(record.key), isSameRecord)) ||
    merged.mounts.some((mount) => isNewer(mount, mounts.get(nameOfMount(mount)), isSameLayer)) ||
    merged.selections.some((each) =>
      isNewer(each, selections.get(each.name), (a, b) => a.digest === b.digest),
    )
  );
}

interface Used {
  readonly lastUsed: number;
}

function isNewer<T extends Used>(row: T, before: T | undefined, isSame: (a: T, b: T) => boolean): boolean {
  return before === undefined || !isSame(row, before) || row.lastUsed - before.lastUsed > UNTOLD_DAYS;
}

function isSameRecord(a: PackRecord, b: PackRecord): boolean {
  return isSameLayer(a, b) && (b.isInspected || !a.isInspected);
}

function isSameLayer(a: PackLayer, b: PackLayer): boolean {
  return a.diffId === b.diffId && a.blob.digest === b.blob.digest;
}

/** One row per name, used when the latest of them was; by name. */
function united<T extends Used>(
  rows: readonly T[],
  nameOf: (row: T) => string,
  choose: (a: T, b: T) => T,
): readonly T[] {
  const byName = new Map<string, T>();
  for (const row of rows) {
    const before = byName.get(nameOf(row));
    byName.set(
      nameOf(row),
      before ? { ...choose(before, row), lastUsed: Math.max(before.lastUsed, row.lastUsed) } : row,
    );
  }
  return sortedByName([...byName.values()], nameOf);
}

/** A step that is made anew, as with --no-cache, replaces what was made before. A time to come counts for nothing. */
function latestMade({ today }: MergeRules): (a: PackRecord, b: PackRecord) => PackRecord {
  const timeOf = ({ created }: PackRecord): number => {
    const time = Date.parse(created);
    return time < (today + 2) * DAY_MS ? time : 0;
  };
  return (a, b) => {
    const difference = timeOf(a) - timeOf(b);
    return difference > 0 || (difference === 0 && orderOf(a) <= orderOf(b)) ? a : b;
  };
}

/** Of two that are equal the one that was looked through comes first. */
function orderOf({ created, diffId, blob, size, writer, platform, isInspected }: PackRecord): string {
  const { digest, mediaType } = blob;
  const rank = isInspected ? 0 : 1;
  return JSON.stringify([diffId, digest, mediaType, blob.size, created, size, rank, writer, platform]);
}

function smallerAnswer(a: PackSelection, b: PackSelection): PackSelection {
  return a.digest <= b.digest ? a : b;
}

/** A day to come is today: a clock that is wrong must not keep a record for ever. */
function fresh<T extends Used>(rows: readonly T[], { today }: MergeRules): readonly T[] {
  return rows
    .filter(({ lastUsed }) => lastUsed >= today - KEPT_DAYS)
    .map((row) => (row.lastUsed > today ? { ...row, lastUsed: today } : row));
}

/** The latest used come first, among those of one day the smallest. What has no room is passed over. */
function within<T extends PackLayer & Used>(
  rows: readonly T[],
  maxBytes: number,
  maxLayers: number,
): readonly T[] {
  const counted = new Map<string, number>();
  let bytes = 0;
  return ranked(rows).filter(({ blob }) => {
    // A blob has one size.
    if (counted.has(blob.digest)) return counted.get(blob.digest) === blob.size;
    if (counted.size >= maxLayers || bytes + blob.size > maxBytes) return false;
    counted.set(blob.digest, blob.size);
    bytes += blob.size;
    return true;
  });
}

function ranked<T extends PackLayer & Used>(rows: readonly T[]): readonly T[] {
  return rows
    .toSorted(
      (a, b) => b.lastUsed - a.lastUsed || a.blob.size - b.blob.size || compare(a.blob.digest, b.blob.digest),
    )
    .slice(0, MAX_ROWS);
}

function latest(rows: readonly PackSelection[]): readonly PackSelection[] {
  return rows.toSorted((a, b) => b.lastUsed - a.lastUsed).slice(0, MAX_ROWS);
}

function digestsOf(rows: readonly PackLayer[]): ReadonlySet<string> {
  return new Set(rows.map(({ blob }) => blob.digest));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
