// Two targets to one: what an heir adds to what it inherits, or a later file to an earlier one (buildx bake/bake.go,
// Merge and normalize).
import { FIELDS, type Field } from './target-fields.js';
import type { TargetSpec } from './target-spec.js';

type Values = Readonly<Record<string, unknown>>;

/** The later one wins, attribute by attribute as the table says. */
export function mergeTargets(first: TargetSpec, later: TargetSpec): TargetSpec {
  const [a, b] = [first as Values, later as Values];
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const value = mergedField(field, a[field.key], b[field.key]);
      return value === undefined ? [] : [[field.key, value]];
    }),
  );
}

function mergedField({ key, merge }: Field, first: unknown, later: unknown): unknown {
  if (later === undefined) return first;
  if (merge === 'by name')
    return {
      ...(first as object),
      ...(key === 'contexts' ? (later as object) : withoutNulls(later as Values)),
    };
  if (first === undefined || merge === 'replace') return later;
  return [...(first as readonly unknown[]), ...(later as readonly unknown[])];
}

function withoutNulls(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** Entries that are there twice are there once, empty ones not at all. A host network asks for its entitlement. */
export function normalised(spec: TargetSpec): TargetSpec {
  const entitlements = [...(spec.entitlements ?? []), ...(spec.network === 'host' ? ['network.host'] : [])];
  const all: Values = { ...spec, ...(entitlements.length > 0 && { entitlements }) };
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const value = normalisedField(field, all[field.key]);
      return value === undefined ? [] : [[field.key, value]];
    }),
  );
}

function normalisedField({ key, form }: Field, value: unknown): unknown {
  if (value === undefined) return undefined;
  switch (form) {
    case 'texts':
      return key === 'inherits'
        ? value
        : [...new Set(value as readonly string[])].filter((text) => text !== '');
    case 'attests':
      return lastOfEach(value as readonly Values[], 'type');
    case 'secrets':
    case 'ssh':
      return lastOfEach(value as readonly Values[], 'id');
    case 'caches':
    case 'outputs':
      return withoutDoubles(value as readonly Values[]);
    case 'map':
      return key === 'contexts' ? withoutEmpty(value as Values) : value;
    default:
      return value;
  }
}

/** The place is that of the first with this name, the value that of the last. */
function lastOfEach(entries: readonly Values[], key: string): readonly Values[] {
  return [...new Map(entries.map((entry) => [entry[key], entry])).values()];
}

/** The first of equal ones stays, and the last of the list takes the place of the other, as with buildx. */
function withoutDoubles(entries: readonly Values[]): readonly Values[] {
  const kept = [...entries];
  for (let i = kept.length - 2; i >= 0; i--) {
    const twin = kept.findIndex((other, j) => j > i && areSame(kept[i]!, other));
    if (twin < 0) continue;
    const last = kept.pop()!;
    if (twin < kept.length) kept[twin] = last;
  }
  return kept;
}

function areSame(a: Values, b: Values): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function withoutEmpty(values: Values): Values | undefined {
  const kept = Object.entries(values).filter(([, value]) => value !== '' && value !== null);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
