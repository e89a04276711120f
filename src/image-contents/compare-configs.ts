// In what the configs of two images differ, but for times, layers and history. Pure.
import type { ImageConfig } from '../oci/types.js';
import type { ConfigDifference } from './image-difference.js';

/** By field, in the order of the first config; fields with several values by key. */
export function compareConfigs(before: ImageConfig, after: ImageConfig): readonly ConfigDifference[] {
  return [
    ...compareFields(plainFields(before), plainFields(after)),
    ...compareFields(containerFields(before), containerFields(after)),
  ];
}

/** A text, or texts by key. */
type Field = string | ReadonlyMap<string, string>;
type Fields = ReadonlyMap<string, Field>;

const PLAIN = ['architecture', 'variant', 'os', 'os.version', 'os.features', 'author'] as const;
/** Sets and tables, by key. */
const KEYED = ['Labels', 'ExposedPorts', 'Volumes'];

function plainFields(config: ImageConfig): Fields {
  const members: Readonly<Record<string, unknown>> = { ...config };
  return new Map(PLAIN.flatMap((name) => fieldOf(name, members[name])));
}

function containerFields({ config = {} }: ImageConfig): Fields {
  return new Map(Object.entries(config).flatMap(([name, value]) => fieldOf(name, value)));
}

/** Empty for what says nothing: docker writes empty texts, lists and nulls where others leave a field out. */
function fieldOf(name: string, value: unknown): readonly (readonly [string, Field])[] {
  if (value === null || value === undefined || value === '' || value === false) return [];
  if (Array.isArray(value)) {
    if (name === 'Env') return [[name, new Map((value as unknown[]).map(variableOf))]];
    return value.length === 0 ? [] : [[name, textOf(value)]];
  }
  if (KEYED.includes(name) && typeof value === 'object')
    return [[name, new Map(Object.entries(value).map(([key, each]) => [key, textOf(each)]))]];
  return [[name, textOf(value)]];
}

function variableOf(variable: unknown): readonly [string, string] {
  const text = textOf(variable);
  const end = text.indexOf('=');
  return end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function compareFields(before: Fields, after: Fields): ConfigDifference[] {
  return unionOf(before, after).flatMap((field) => {
    const [old, next] = [before.get(field), after.get(field)];
    if (typeof old === 'string' || typeof next === 'string')
      return difference({ field }, plain(old), plain(next));
    return unionOf(old, next).flatMap((key) => difference({ field, key }, old?.get(key), next?.get(key)));
  });
}

function plain(field: Field | undefined): string | undefined {
  return field === undefined || typeof field === 'string' ? field : JSON.stringify(Object.fromEntries(field));
}

function unionOf(
  before: ReadonlyMap<string, unknown> = new Map(),
  after: ReadonlyMap<string, unknown> = new Map(),
): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])];
}

function difference(
  place: Pick<ConfigDifference, 'field' | 'key'>,
  before: string | undefined,
  after: string | undefined,
): ConfigDifference[] {
  if (before === after) return [];
  return [{ ...place, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
}
