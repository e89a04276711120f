// JSON byte for byte as Go's `json.MarshalIndent(value, "", "  ")` writes it: a digest is made of these bytes. Pure.
import { compareBytes, fromUtf8 } from '../core/bytes.js';

/**
 * A Map is Go's map: its keys are sorted. An object is Go's struct: members keep their order, undefined is left out.
 */
export type GoJson =
  | string
  | number
  | boolean
  | null
  | readonly GoJson[]
  | ReadonlyMap<string, GoJson>
  | { readonly [member: string]: GoJson | undefined };

export function goJson(value: GoJson, indent = ''): string {
  if (value === null || typeof value !== 'object') return scalar(value);
  const inner = `${indent}  `;
  if (Array.isArray(value))
    return wrap(
      '[]',
      (value as readonly GoJson[]).map((item) => goJson(item, inner)),
      indent,
    );
  const members = membersOf(value as ReadonlyMap<string, GoJson> | Record<string, GoJson | undefined>);
  return wrap(
    '{}',
    members.map(([name, member]) => `${scalar(name)}: ${goJson(member, inner)}`),
    indent,
  );
}

function membersOf(
  value: ReadonlyMap<string, GoJson> | Record<string, GoJson | undefined>,
): [string, GoJson][] {
  if (value instanceof Map)
    return [...(value as ReadonlyMap<string, GoJson>)].sort(([a], [b]) =>
      compareBytes(fromUtf8(a), fromUtf8(b)),
    );
  return Object.entries(value).filter((entry): entry is [string, GoJson] => entry[1] !== undefined);
}

function wrap(brackets: '[]' | '{}', items: readonly string[], indent: string): string {
  if (items.length === 0) return brackets;
  const inner = `${indent}  `;
  return `${brackets[0]}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${brackets[1]}`;
}

/** Go escapes what a browser could take for markup, too. */
function scalar(value: string | number | boolean | null): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
