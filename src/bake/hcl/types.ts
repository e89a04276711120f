// Types of variables and of `convert` (hcl ext/typeexpr), and values made to fit them.
import { TsbuildError } from '../../core/errors.js';
import { faultAt } from './source.js';
import type { Expression } from './syntax.js';
import {
  areEqual,
  boolOf,
  entriesOf,
  isList,
  isObject,
  kindOf,
  numberOf,
  objectOf,
  textOf,
  type Value,
} from './values.js';

export type Type =
  | { readonly kind: 'any' | 'string' | 'number' | 'bool' }
  | { readonly kind: 'list' | 'set' | 'map'; readonly of: Type }
  | { readonly kind: 'tuple'; readonly of: readonly Type[] }
  | { readonly kind: 'object'; readonly of: ReadonlyMap<string, Member> };

interface Member {
  readonly type: Type;
  readonly isOptional: boolean;
}

const PLAIN = ['any', 'string', 'number', 'bool'] as const;

/** @throws TsbuildError BAKE_INVALID, with the place */
export function parseType(expression: Expression): Type {
  const { place } = expression;
  if (expression.kind === 'variable') {
    const kind = PLAIN.find((known) => known === expression.name);
    if (kind) return { kind };
  }
  if (expression.kind === 'call') {
    const { name, args } = expression;
    const [of] = args;
    if (of && args.length === 1) {
      if (name === 'list' || name === 'set' || name === 'map') return { kind: name, of: parseType(of) };
      if (name === 'tuple' && of.kind === 'tuple') return { kind: 'tuple', of: of.items.map(parseType) };
      if (name === 'object' && of.kind === 'object') return { kind: 'object', of: membersOf(of.items) };
    }
  }
  throw faultAt(
    place,
    'this is no type',
    'types are string, number, bool, any, list(TYPE), set(TYPE), map(TYPE), tuple([TYPE, …]) and object({name = TYPE})',
  );
}

function membersOf(items: Extract<Expression, { kind: 'object' }>['items']): ReadonlyMap<string, Member> {
  return new Map(
    items.map(({ key, value }) => {
      if (key.kind !== 'literal' || typeof key.value !== 'string')
        throw faultAt(key.place, 'a member of a type is a name');
      const isOptional = value.kind === 'call' && value.name === 'optional' && value.args.length > 0;
      return [key.value, { type: parseType(isOptional ? value.args[0]! : value), isOptional }] as const;
    }),
  );
}

export function typeName(type: Type): string {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind} of ${typeName(type.of)}`;
    default:
      return type.kind === 'any' ? 'any type' : type.kind;
  }
}

/** Null fits every type. @throws TsbuildError BAKE_INVALID, without a place */
export function convert(value: Value, type: Type): Value {
  if (value === null || type.kind === 'any') return value;
  switch (type.kind) {
    case 'string':
      return fitting(textOf(value), value, type);
    case 'number':
      return fitting(numberOf(value), value, type);
    case 'bool':
      return fitting(boolOf(value), value, type);
    case 'list':
      return fitting(elementsOf(value), value, type).map((one) => convert(one, type.of));
    case 'set':
      return distinct(fitting(elementsOf(value), value, type).map((one) => convert(one, type.of)));
    case 'tuple': {
      const elements = fitting(elementsOf(value), value, type);
      if (elements.length !== type.of.length) throw unfit(value, type);
      return elements.map((one, index) => convert(one, type.of[index]!));
    }
    case 'map':
      if (!isObject(value)) throw unfit(value, type);
      return objectOf(entriesOf(value).map(([key, one]) => [key, convert(one, type.of)] as const));
    case 'object': {
      if (!isObject(value)) throw unfit(value, type);
      return objectOf(
        [...type.of].map(([name, member]) => {
          const one = value.get(name);
          if (one === undefined && !member.isOptional) throw refused(`the member ${name} is missing`);
          return [name, convert(one ?? null, member.type)] as const;
        }),
      );
    }
  }
}

export function distinct(values: readonly Value[]): readonly Value[] {
  return values.filter((value, index) => values.findIndex((other) => areEqual(other, value)) === index);
}

function elementsOf(value: Value): readonly Value[] | undefined {
  return isList(value) ? value : undefined;
}

function fitting<T>(found: T | undefined, value: Value, type: Type): T {
  if (found === undefined) throw unfit(value, type);
  return found;
}

function unfit(value: Value, type: Type): TsbuildError {
  return refused(`${typeName(type)} is needed, and the value is ${kindOf(value)}`);
}

function refused(message: string): TsbuildError {
  return new TsbuildError('BAKE_INVALID', message);
}
