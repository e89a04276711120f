// Which inputs of two keys differ. Names and positions only: an input may hold what nobody is to see.
import { canonicalJson, type Json } from '../core/canonical-json.js';
import type { InputChange } from '../core/miss-reason.js';
import type { KeyInputs } from './step-key.js';

/** Sorted by the name of the input. Empty when the keys of both are the same. */
export function changedInputs(before: KeyInputs, now: KeyInputs): InputChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].toSorted().flatMap((input) => changesOf(input, before[input], now[input]));
}

function changesOf(input: string, before: Json | undefined, now: Json | undefined): InputChange[] {
  if (isSame(before, now)) return [];
  if (!isList(before) || !isList(now)) return [{ input }];
  return input === 'env' ? changedVariables(before, now) : changedItems(input, before, now);
}

function changedItems(input: string, before: readonly Json[], now: readonly Json[]): InputChange[] {
  const indexes = Array.from({ length: Math.max(before.length, now.length) }, (_, index) => index);
  return indexes.filter((index) => !isSame(before[index], now[index])).map((index) => ({ input, index }));
}

/** By name. Of variables that have only changed places there is no name to tell. */
function changedVariables(before: readonly Json[], now: readonly Json[]): InputChange[] {
  const [old, present] = [valuesByName(before), valuesByName(now)];
  const names = [...new Set([...old.keys(), ...present.keys()])].toSorted();
  const changed = names.filter((name) => !isSame(old.get(name), present.get(name)));
  return changed.length === 0 ? [{ input: 'env' }] : changed.map((name) => ({ input: 'env', name }));
}

function valuesByName(variables: readonly Json[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const variable of variables) {
    const [name = '', ...rest] = String(variable).split('=');
    values.set(name, [...(values.get(name) ?? []), rest.join('=')]);
  }
  return values;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  return (a === undefined ? a : canonicalJson(a)) === (b === undefined ? b : canonicalJson(b));
}
