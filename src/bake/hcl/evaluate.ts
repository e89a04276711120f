// An expression to its value. Pure: what it may see is in the scope.
import { TsbuildError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import { binaryOf } from './operators.js';
import { convert, parseType } from './types.js';
import { faultAt, withPlace } from './source.js';
import { ELEMENT, type Expression, type ForExpression } from './syntax.js';
import {
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

/** Refuses its arguments by a TsbuildError BAKE_INVALID without a place, which the caller adds. */
export type HclFunction = (...args: readonly Value[]) => Value;

export interface Scope {
  /** Undefined for a name that nothing has. @throws TsbuildError BAKE_INVALID for one whose value cannot be made */
  variable(name: string): Value | undefined;
  call(name: string): HclFunction | undefined;
  /** For suggestions. */
  names(): Iterable<string>;
}

/** @throws TsbuildError BAKE_INVALID, with the place */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'template':
      return templateOf(expression, scope);
    case 'variable':
      return variableOf(expression, scope);
    case 'index':
      return indexOf(expression, evaluate(expression.of, scope), evaluate(expression.key, scope));
    case 'splat':
      return splatOf(expression, scope);
    case 'call':
      return callOf(expression, scope);
    case 'unary':
      return unaryOf(expression, scope);
    case 'binary':
      return binaryOf(expression, (side) => evaluate(side, scope));
    case 'conditional':
      return evaluate(truthOf(expression.condition, scope) ? expression.yes : expression.no, scope);
    case 'tuple':
      return expression.items.map((item) => evaluate(item, scope));
    case 'object':
      return objectOf(
        expression.items.map(
          ({ key, value }) => [textAt(key, evaluate(key, scope)), evaluate(value, scope)] as const,
        ),
      );
    case 'for':
      return forOf(expression, expression, scope);
  }
}

/** A scope in which these names hide those outside. */
export function withVariables(scope: Scope, variables: ReadonlyMap<string, Value>): Scope {
  return {
    ...scope,
    variable: (name) => (variables.has(name) ? variables.get(name) : scope.variable(name)),
    names: () => [...variables.keys(), ...scope.names()],
  };
}

type Of<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>;

function templateOf({ parts, isAlone }: Of<'template'>, scope: Scope): Value {
  if (isAlone) return evaluate(parts[0]!, scope);
  return parts.map((part) => textAt(part, evaluate(part, scope))).join('');
}

function textAt(expression: Expression, value: Value): string {
  const text = textOf(value);
  if (text !== undefined) return text;
  throw faultAt(expression.place, `a text is needed here, and the value is ${kindOf(value)}`);
}

function variableOf({ name, place }: Of<'variable'>, scope: Scope): Value {
  try {
    const value = scope.variable(name);
    if (value !== undefined) return value;
  } catch (error) {
    throw withPlace(error, place);
  }
  const near = didYouMean(name, scope.names(), { isCaseSensitive: true });
  throw faultAt(
    place,
    `there is no variable ${name}${near}`,
    `declare it: variable ${JSON.stringify(name)} {}`,
  );
}

function indexOf({ place }: Expression, of: Value, key: Value): Value {
  if (isList(of)) {
    const index = numberOf(key);
    const value = index === undefined ? undefined : of[index];
    if (value !== undefined) return value;
    throw faultAt(place, `the list has ${of.length} elements, and none at ${textOf(key) ?? kindOf(key)}`);
  }
  if (!isObject(of)) throw faultAt(place, `${kindOf(of)} has no elements`);
  const name = textOf(key) ?? '';
  try {
    const value = of.get(name);
    if (value !== undefined) return value;
  } catch (error) {
    throw withPlace(error, place);
  }
  throw faultAt(place, `there is nothing with the name ${name}${didYouMean(name, of.keys())}`);
}

function splatOf({ of, each }: Of<'splat'>, scope: Scope): Value {
  const value = evaluate(of, scope);
  const elements = value === null ? [] : isList(value) ? value : [value];
  return elements.map((element) => evaluate(each, withVariables(scope, new Map([[ELEMENT, element]]))));
}

function callOf(expression: Of<'call'>, scope: Scope): Value {
  const { name, args, isSpread, place } = expression;
  if (name === 'try' || name === 'can') return tryOf(expression, scope);
  if (name === 'convert') return convertOf(expression, scope);
  const called = scope.call(name);
  if (!called) throw faultAt(place, `there is no function ${name}`);
  const values = args.map((arg) => evaluate(arg, scope));
  const last = values.at(-1) ?? null;
  if (isSpread && !isList(last)) throw faultAt(place, `what is spread by ... must be a list`);
  try {
    return called(...(isSpread ? [...values.slice(0, -1), ...(last as readonly Value[])] : values));
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    throw withPlace(error.location ? error : error.with({ message: `${name}: ${error.message}` }), place);
  }
}

/** `try` gives the first that has a value, `can` whether there is one. */
function tryOf({ name, args, place }: Of<'call'>, scope: Scope): Value {
  let failure: unknown;
  for (const arg of args) {
    try {
      const value = evaluate(arg, scope);
      return name === 'can' ? true : value;
    } catch (error) {
      failure = error;
    }
  }
  if (name === 'can') return false;
  throw failure ?? faultAt(place, 'try needs an argument');
}

function convertOf({ args, place }: Of<'call'>, scope: Scope): Value {
  const [value, type] = args;
  if (!value || !type || args.length > 2) throw faultAt(place, 'convert takes a value and a type');
  const wanted = parseType(type);
  try {
    return convert(evaluate(value, scope), wanted);
  } catch (error) {
    throw withPlace(error, place);
  }
}

function unaryOf({ operator, operand, place }: Of<'unary'>, scope: Scope): Value {
  if (operator === '!') return !truthOf(operand, scope);
  const value = evaluate(operand, scope);
  const number = numberOf(value);
  if (number !== undefined) return -number;
  throw faultAt(place, `a number is needed here, and the value is ${kindOf(value)}`);
}

function truthOf(expression: Expression, scope: Scope): boolean {
  const value = evaluate(expression, scope);
  const truth = boolOf(value);
  if (truth !== undefined) return truth;
  throw faultAt(expression.place, `true or false is needed here, and the value is ${kindOf(value)}`);
}

function forOf(expression: ForExpression, { place }: Expression, scope: Scope): Value {
  const { keyName, valueName, of, resultKey, result, condition, isGrouped, isText } = expression;
  const collection = evaluate(of, scope);
  if (!isList(collection) && !isObject(collection))
    throw faultAt(of.place, `for needs a list or an object, and the value is ${kindOf(collection)}`);
  const items: readonly (readonly [Value, Value])[] = isList(collection)
    ? collection.map((value, index) => [index, value] as const)
    : entriesOf(collection);
  const made = items.flatMap(([key, value]) => {
    const names = new Map([
      ...(keyName === undefined ? [] : [[keyName, key] as const]),
      [valueName, value] as const,
    ]);
    const inner = withVariables(scope, names);
    if (condition && !truthOf(condition, inner)) return [];
    const at = resultKey ? textAt(resultKey, evaluate(resultKey, inner)) : '';
    return [[at, evaluate(result, inner)] as const];
  });
  if (isText) return made.map(([, value]) => textAt(result, value)).join('');
  if (!resultKey) return made.map(([, value]) => value);
  if (!isGrouped) {
    const keys = made.map(([key]) => key);
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    if (twice !== undefined)
      throw faultAt(place, `the key ${twice} is made twice`, 'write ... behind the value to group');
    return objectOf(made);
  }
  const groups = new Map<string, Value[]>();
  for (const [key, value] of made) groups.set(key, [...(groups.get(key) ?? []), value]);
  return objectOf(groups);
}
