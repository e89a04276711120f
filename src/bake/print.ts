// The JSON that `--print` shows, byte for byte as buildx prints it: keys of maps by name, empty attributes left out,
// and what a bake file would read as a template escaped.
import { goJson } from './functions/encoding.js';
import type { ResolvedDefinition } from './resolve.js';
import { isDisabled } from './entries.js';
import { FIELDS, type Field } from './target-fields.js';
import type { Attributes, TargetSpec } from './target-spec.js';

/** Attributes whose texts are templates. */
const ESCAPED: readonly string[] = ['annotations', 'dockerfile-inline', 'labels', 'args', 'extra-hosts'];

export function printDefinition({ groups, targets }: ResolvedDefinition): string {
  const group = Object.fromEntries(
    groups.map(({ name, description, targets: names }) => [
      name,
      { ...(description && { description }), targets: names },
    ]),
  );
  const target = Object.fromEntries(targets.map(({ name, spec }) => [name, printedTarget(spec)]));
  return `${goJson(JSON.stringify({ ...(groups.length > 0 && { group }), target }, null, 2))}\n`;
}

/** Plain data in the order in which it is printed. */
export function printedTarget(spec: TargetSpec): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const value = spec[field.key];
      return field.key === 'inherits' || value === undefined || isEmpty(value)
        ? []
        : [[field.key, printed(field, value)]];
    }),
  );
}

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && Object.keys(value as object).length === 0);
}

function printed({ key, form }: Field, value: unknown): unknown {
  const text = (one: unknown): unknown =>
    ESCAPED.includes(key) && typeof one === 'string' ? escaped(one) : one;
  switch (form) {
    case 'texts':
      return (value as readonly string[]).map(text);
    case 'map':
      return key === 'resources' ? printedResources(value as Attributes) : byName(value as Attributes, text);
    case 'attests':
      return (value as readonly Attributes[]).map(printedAttest);
    case 'caches':
    case 'outputs':
      return (value as readonly Attributes[]).map((entry) => byName(entry, (one) => one));
    default:
      return text(value);
  }
}

function printedAttest(entry: Attributes): unknown {
  const { disabled: _, ...others } = entry;
  return byName(isDisabled(entry) ? { ...others, disabled: true } : others, (one) => one);
}

const RESOURCES = [
  'memory',
  'memory-swap',
  'cpu-shares',
  'cpu-period',
  'cpu-quota',
  'cpuset-cpus',
  'cpuset-mems',
];
const NUMBERS = ['cpu-shares', 'cpu-period', 'cpu-quota'];

function printedResources(resources: Attributes): unknown {
  const keys = [...RESOURCES, ...Object.keys(resources).filter((key) => !RESOURCES.includes(key))];
  return Object.fromEntries(
    keys.flatMap((key) =>
      Object.hasOwn(resources, key)
        ? [[key, NUMBERS.includes(key) ? Number(resources[key]) : resources[key]]]
        : [],
    ),
  );
}

function byName(map: Readonly<Record<string, unknown>>, change: (one: unknown) => unknown): unknown {
  const keys = Object.keys(map).sort();
  return Object.fromEntries(keys.map((key) => [key, change(map[key])]));
}

function escaped(text: string): string {
  return text.replaceAll('${', () => '$${').replaceAll('%{', '%%{');
}
