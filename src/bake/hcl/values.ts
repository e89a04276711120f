// The values of expressions. Lists, sets and tuples are arrays, maps and objects are maps with their keys in the order
// of bytes. Numbers are doubles, where HCL has exact ones: whole numbers up to 2^53 are exact.

export type Value = string | number | boolean | null | readonly Value[] | ObjectValue;

export interface ObjectValue {
  keys(): Iterable<string>;
  has(key: string): boolean;
  /** Undefined for a key that is not there. */
  get(key: string): Value | undefined;
}

export function isObject(value: Value): value is ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function objectOf(entries: Iterable<readonly [string, Value]>): ObjectValue {
  return new Map([...new Map(entries)].sort(([a], [b]) => compareTexts(a, b)));
}

export function entriesOf(value: ObjectValue): (readonly [string, Value])[] {
  return [...value.keys()].map((key) => [key, value.get(key) ?? null] as const);
}

/** By code points, as Go compares UTF-8. */
export function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** In words of HCL. */
export function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (isList(value)) return 'tuple';
  if (isObject(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

export function areEqual(a: Value, b: Value): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (isList(a) || isList(b))
    return isList(a) && isList(b) && a.length === b.length && a.every((one, i) => areEqual(one, b[i]!));
  const [left, right] = [entriesOf(a), entriesOf(b)];
  return left.length === right.length && left.every(([key, one]) => b.has(key) && areEqual(one, b.get(key)!));
}

/** A number as HCL writes it: never with an exponent. */
function numberText(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return Object.is(value, -0) ? '0' : text;
  return Number.isInteger(value) ? BigInt(value).toString() : value.toFixed(20).replace(/0+$/, '');
}

/** The text of a text, number or boolean; undefined for all else. */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'boolean' ? String(value) : undefined;
}

/** Undefined for what is no number and no text of one. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value))
    return undefined;
  return Number(value);
}

/** Undefined for what is no boolean and no text of one. */
export function boolOf(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : undefined;
}

export function toJson(value: Value): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map(toJson);
  return Object.fromEntries(entriesOf(value).map(([key, one]) => [key, toJson(one)]));
}

/** @param json what JSON.parse gave, or plain data */
export function fromJson(json: unknown): Value {
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json === 'object' && json !== null)
    return objectOf(Object.entries(json).map(([key, one]) => [key, fromJson(one)] as const));
  return json === undefined ? null : (json as Value);
}
