// The variables, attributes and functions of all files together, each worked out when something first asks for it
// (buildx bake/hclparser).
import { TsbuildError } from '../../core/errors.js';
import { evaluate, withVariables, type HclFunction, type Scope } from '../hcl/evaluate.js';
import { faultAt, withPlace } from '../hcl/source.js';
import type { Attribute, Block, Body, Expression } from '../hcl/syntax.js';
import { convert, parseType, typeName, type Type } from '../hcl/types.js';
import { boolOf, toJson, isList, textOf, type Value } from '../hcl/values.js';
import type { Variable } from '../definition.js';
import { overriddenValue } from './override-variable.js';

export interface GlobalsOptions {
  /** A value from outside: of the command line, or of the environment. */
  readonly lookUp: (name: string) => string | undefined;
  /** Variables that no file declares, such as BAKE_CMD_CONTEXT. */
  readonly builtIns: ReadonlyMap<string, string>;
  readonly functions: ReadonlyMap<string, HclFunction>;
  /** `target` and `group`. */
  readonly blocks: ReadonlyMap<string, () => Value>;
}

export interface Globals {
  readonly scope: Scope;
  /** As `--list variables` shows them. @throws TsbuildError BAKE_INVALID, when a validation fails too */
  list(): readonly Variable[];
}

interface Declared {
  readonly block: Block;
  readonly type: Type | undefined;
  readonly byName: ReadonlyMap<string, Attribute>;
}

/** @throws TsbuildError BAKE_INVALID */
export function createGlobals(bodies: readonly Body[], options: GlobalsOptions): Globals {
  const reserved = new Set(['target', 'group', ...options.builtIns.keys()]);
  const declared = new Map(
    bodies
      .flatMap(({ blocks }) => blocks.filter(({ type }) => type === 'variable'))
      .map((block) => {
        const byName = attributesOf(block, VARIABLE_KEYS);
        const type = byName.get('type');
        return [labelOf(block), { block, byName, type: type && parseType(type.value) }] as const;
      })
      .filter(([name]) => !reserved.has(name)),
  );
  const attributes = new Map(
    bodies
      .flatMap((body) => body.attributes)
      .filter(({ name }) => !reserved.has(name))
      .map((attribute) => [attribute.name, attribute]),
  );
  const functions = new Map(
    bodies
      .flatMap(({ blocks }) => blocks.filter(({ type }) => type === 'function'))
      .map((block) => [labelOf(block), block]),
  );
  const values = new Map<string, Value>();
  const inWork = new Set<string>();

  const valueOf = (name: string): Value | undefined => {
    const builtIn = options.builtIns.get(name);
    if (builtIn !== undefined) return builtIn;
    const attribute = attributes.get(name);
    if (attribute) return evaluate(attribute.value, scope);
    const variable = declared.get(name);
    return variable && variableValue(name, variable, { scope, declared, options });
  };
  const variable = (name: string): Value | undefined => {
    if (values.has(name)) return values.get(name);
    const block = options.blocks.get(name);
    if (block) return block();
    if (inWork.has(name)) throw new TsbuildError('BAKE_INVALID', `variable cycle not allowed for ${name}`);
    inWork.add(name);
    try {
      const value = valueOf(name);
      if (value !== undefined) values.set(name, value);
      return value;
    } finally {
      inWork.delete(name);
    }
  };
  const called = new Map<string, HclFunction>();
  const call = (name: string): HclFunction | undefined => {
    const block = functions.get(name);
    if (options.functions.has(name) || !block) return options.functions.get(name);
    if (!called.has(name))
      called.set(
        name,
        functionOf(block, () => scope, inWork),
      );
    return called.get(name);
  };
  const names = (): string[] => [...declared.keys(), ...attributes.keys(), ...options.builtIns.keys()];
  const scope: Scope = { variable, call, names };
  return {
    scope,
    list() {
      const found = [...declared].map(([name, { byName, type }]): Variable => {
        const value = shown(variable(name) ?? null);
        const description = byName.get('description');
        return {
          name,
          ...(description && { description: textOf(evaluate(description.value, scope)) ?? '' }),
          ...(type && { type: typeName(type) }),
          ...(value !== undefined && { value }),
        };
      });
      for (const { block } of declared.values()) validate(block, scope);
      for (const name of functions.keys()) call(name);
      for (const name of attributes.keys()) variable(name);
      return found;
    },
  };
}

const VARIABLE_KEYS = ['type', 'default', 'description'];
const FUNCTION_KEYS = ['params', 'variadic_params', 'result'];

interface VariableContext {
  readonly scope: Scope;
  readonly declared: ReadonlyMap<string, Declared>;
  readonly options: GlobalsOptions;
}

function variableValue(
  name: string,
  { type, byName, block }: Declared,
  { scope, declared, options }: VariableContext,
): Value {
  const given = byName.get('default');
  try {
    const initial = given ? convert(evaluate(given.value, scope), type ?? { kind: 'any' }) : undefined;
    const isDeclared = (other: string): boolean => declared.has(other) || options.builtIns.has(other);
    const value = overriddenValue({ name, type, initial, lookUp: options.lookUp, isDeclared });
    if (value !== undefined) return value;
    return initial !== undefined ? initial : type ? null : '';
  } catch (error) {
    throw withPlace(error, given?.value.place ?? block.place);
  }
}

/** The one label of a block. */
export function labelOf({ labels, place, type }: Block): string {
  if (labels.length === 1) return labels[0]!;
  throw faultAt(place, `a ${type} has one label, its name`, `write ${type} "name" {`);
}

function attributesOf({ body, type }: Block, known: readonly string[]): ReadonlyMap<string, Attribute> {
  const other = body.attributes.find(({ name }) => !known.includes(name));
  if (other)
    throw faultAt(other.place, `a ${type} has no attribute ${other.name}`, `it has ${known.join(', ')}`);
  return new Map(body.attributes.map((attribute) => [attribute.name, attribute]));
}

function functionOf(block: Block, globalScope: () => Scope, inWork: Set<string>): HclFunction {
  const name = labelOf(block);
  const byName = attributesOf(block, FUNCTION_KEYS);
  const [params, result, variadic] = [
    byName.get('params'),
    byName.get('result'),
    byName.get('variadic_params'),
  ];
  if (!params || params.value.kind !== 'tuple')
    throw faultAt(block.place, `empty params not allowed for ${name}`);
  if (!result) throw faultAt(block.place, `empty result not allowed for ${name}`);
  const names = params.value.items.map(parameterOf);
  const rest = variadic && parameterOf(variadic.value);
  return (...args) => {
    if (args.length < names.length || (rest === undefined && args.length > names.length))
      throw new TsbuildError(
        'BAKE_INVALID',
        `the number of arguments is ${names.length}, and ${args.length} were given`,
      );
    const key = `function ${name}`;
    if (inWork.has(key)) throw new TsbuildError('BAKE_INVALID', `function cycle not allowed for ${name}`);
    const variables = new Map<string, Value>(names.map((parameter, index) => [parameter, args[index]!]));
    if (rest !== undefined) variables.set(rest, args.slice(names.length));
    inWork.add(key);
    try {
      return evaluate(result.value, withVariables(globalScope(), variables));
    } finally {
      inWork.delete(key);
    }
  };
}

function parameterOf(expression: Expression): string {
  if (expression.kind === 'variable') return expression.name;
  throw faultAt(expression.place, 'a parameter is a name');
}

/** @throws TsbuildError BAKE_INVALID with the message of the file */
function validate({ body }: Block, scope: Scope): void {
  for (const block of body.blocks) {
    if (block.type !== 'validation') throw faultAt(block.place, `a variable has no block ${block.type}`);
    const byName = attributesOf(block, ['condition', 'error_message']);
    const condition = byName.get('condition');
    if (!condition) throw faultAt(block.place, 'a validation needs a condition');
    const truth = boolOf(evaluate(condition.value, scope));
    if (truth === undefined) throw faultAt(condition.place, 'the condition must be true or false');
    if (truth) continue;
    const message = byName.get('error_message');
    const text = message ? textOf(evaluate(message.value, scope)) : undefined;
    throw faultAt(condition.place, text ?? 'the value of the variable is not allowed');
  }
}

function shown(value: Value): string | undefined {
  if (value === null) return undefined;
  return textOf(value) ?? JSON.stringify(isList(value) ? value.map(toJson) : toJson(value));
}
