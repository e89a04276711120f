// Targets as plain data: `"tsbuild"` of package.json, or what tsbuild.config exports. Attributes have the names of bake
// files, in one word too (`noCache`), and the words that JavaScript tools use (`extends`, `outputs`).
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import type { Definition } from './definition.js';
import { specOfValues } from './evaluation/evaluate-bodies.js';
import { fromJson, type Value } from './hcl/values.js';

const ALIASES: Readonly<Record<string, string>> = {
  extends: 'inherits',
  outputs: 'output',
  secrets: 'secret',
  platform: 'platforms',
  tag: 'tags',
};
/** Attributes that are lists, where one text will do too. */
const LISTS: readonly string[] = [
  'inherits',
  'output',
  'secret',
  'platforms',
  'tags',
  'ssh',
  'cache-from',
  'cache-to',
  'attest',
];
const NAME = /^[a-zA-Z0-9_-]+$/;

/** @param where for messages. @throws TsbuildError BAKE_INVALID, OPTION_UNSUPPORTED */
export function readPlainDefinition(data: unknown, where: string): Definition {
  const { targets = {}, groups = {}, ...others } = mappingOf(data, where);
  const other = Object.keys(others).find((key) => key !== '$schema');
  if (other !== undefined)
    throw new TsbuildError(
      'BAKE_INVALID',
      `${where}: there is no member ${other}${didYouMean(other, ['targets', 'groups'])}`,
      {
        hint: 'it has targets and groups',
      },
    );
  return {
    targets: Object.entries(mappingOf(targets, `${where}, targets`)).map(([name, target]) => {
      checkName(name, where);
      return { name, spec: specOfValues(valuesOf(target, `${where}, ${name}`), `${where}, ${name}`) };
    }),
    groups: Object.entries(mappingOf(groups, `${where}, groups`)).map(([name, members]) => {
      checkName(name, where);
      if (Array.isArray(members) && members.every((one) => typeof one === 'string'))
        return { name, targets: members as readonly string[] };
      throw new TsbuildError('BAKE_INVALID', `${where}: the group ${name} must be a list of names`);
    }),
    variables: [],
  };
}

function checkName(name: string, where: string): void {
  if (!NAME.test(name))
    throw new TsbuildError(
      'BAKE_INVALID',
      `${where}: invalid name ${JSON.stringify(name)}: only letters, digits, _ and - are allowed`,
    );
}

function valuesOf(target: unknown, where: string): ReadonlyMap<string, Value> {
  return new Map(
    Object.entries(mappingOf(target, where)).map(([key, value]): [string, Value] => {
      const kebab = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const name = Object.hasOwn(ALIASES, kebab) ? ALIASES[kebab]! : kebab;
      const isOne = LISTS.includes(name) && value !== null && !Array.isArray(value);
      return [name, fromJson(isOne ? [value] : value)];
    }),
  );
}

function mappingOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new TsbuildError('BAKE_INVALID', `${where} must be an object`);
}
