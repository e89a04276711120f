// The blocks of targets and groups: one for each combination of a matrix, whose attributes are worked out one by one,
// so that they can name each other (`target.app.tags`).
import { TsbuildError } from '../../core/errors.js';
import { evaluate, withVariables, type Scope } from '../hcl/evaluate.js';
import { faultAt, withPlace } from '../hcl/source.js';
import type { Block } from '../hcl/syntax.js';
import { entriesOf, isList, isObject, textOf, type ObjectValue, type Value } from '../hcl/values.js';
import { findField } from '../target-fields.js';
import { labelOf } from './variables.js';

export interface BlockInstance {
  readonly name: string;
  /** As the file has it. */
  readonly label: string;
  readonly block: Block;
  /** Undefined for an attribute that the block does not have. @throws TsbuildError BAKE_INVALID, with the place */
  attribute(name: string): Value | undefined;
}

/** Characters of names, as buildx has them. */
const NAME = /^[a-zA-Z0-9_-]+$/;

/** @throws TsbuildError BAKE_INVALID */
export function instancesOf(block: Block, scope: Scope): readonly BlockInstance[] {
  const label = labelOf(block);
  const byName = new Map(block.body.attributes.map((attribute) => [attribute.name, attribute]));
  const [matrix, name] = [byName.get('matrix'), byName.get('name')];
  const unfit = block.type === 'target' ? undefined : (matrix ?? name);
  if (unfit) throw faultAt(unfit.place, `${unfit.name} is not supported for groups`);
  if (name && !matrix) throw faultAt(name.place, 'name requires matrix');
  const combinations = matrix ? combinationsOf(evaluate(matrix.value, scope), matrix.place) : [new Map()];
  const instances = combinations.map((variables) => {
    const own = withVariables(scope, variables);
    const text = name ? textOf(evaluate(name.value, own)) : label;
    for (const each of [label, text ?? '']) checkName(each, block);
    return instanceOf({ block, label, name: text!, scope: own });
  });
  const names = instances.map((one) => one.name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined) throw faultAt((name ?? matrix)!.place, `duplicate name ${JSON.stringify(twice)}`);
  return instances;
}

function checkName(name: string, { place }: Block): void {
  if (!NAME.test(name))
    throw faultAt(place, `invalid name ${JSON.stringify(name)}: only letters, digits, _ and - are allowed`);
}

/** The last variable changes slowest. */
function combinationsOf(matrix: Value, place: Block['place']): readonly ReadonlyMap<string, Value>[] {
  if (!isObject(matrix)) throw faultAt(place, 'matrix must be a map');
  let made: readonly ReadonlyMap<string, Value>[] = [new Map()];
  for (const [name, values] of entriesOf(matrix)) {
    if (!isList(values)) throw faultAt(place, 'matrix values must be a list');
    made = values.flatMap((value) => made.map((before) => new Map([...before, [name, value] as const])));
  }
  return made;
}

function instanceOf({
  block,
  label,
  name,
  scope,
}: Pick<BlockInstance, 'block' | 'label' | 'name'> & { readonly scope: Scope }): BlockInstance {
  const values = new Map<string, Value>();
  const inWork = new Set<string>();
  return {
    name,
    label,
    block,
    attribute(key) {
      if (values.has(key)) return values.get(key);
      const attribute = block.body.attributes.find((one) => one.name === key);
      if (!attribute) return undefined;
      if (inWork.has(key))
        throw new TsbuildError(
          'BAKE_INVALID',
          `reference cycle not allowed for ${block.type}.${name}.${key}`,
        );
      inWork.add(key);
      try {
        const value = evaluate(attribute.value, scope);
        values.set(key, value);
        return value;
      } catch (error) {
        throw withPlace(error, attribute.place);
      } finally {
        inWork.delete(key);
      }
    },
  };
}

/** All blocks of a type as the value that expressions see: objects by name, of attributes by name. */
export function blocksValue(instances: readonly BlockInstance[]): ObjectValue {
  const of = (name: string): readonly BlockInstance[] => instances.filter((one) => one.name === name);
  return {
    keys: () => new Set(instances.map(({ name }) => name)),
    has: (name) => of(name).length > 0,
    get(name) {
      const own = of(name);
      return own.length === 0 ? undefined : membersValue(name, own);
    },
  };
}

/** Of blocks with the same name the last that has the attribute counts. */
function membersValue(name: string, own: readonly BlockInstance[]): ObjectValue {
  const has = (key: string): boolean => key === 'name' || key === 'targets' || findField(key) !== undefined;
  const keys = (): string[] =>
    [
      ...new Set(['name', ...own.flatMap(({ block }) => block.body.attributes.map((one) => one.name))]),
    ].filter(has);
  return {
    keys,
    has,
    get(key) {
      if (key === 'name') return name;
      if (!has(key)) return undefined;
      for (const instance of [...own].reverse()) {
        const value = instance.attribute(key);
        if (value !== undefined) return value;
      }
      return null;
    },
  };
}
