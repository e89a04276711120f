// The bodies of all bake files, in their order, to one definition.
import { TsbuildError } from '../../core/errors.js';
import type { Definition, Group, NamedTarget } from '../definition.js';
import { faultAt, withPlace } from '../hcl/source.js';
import type { Block, Body } from '../hcl/syntax.js';
import { isList, textOf, type Value } from '../hcl/values.js';
import { mergeTargets } from '../merge-targets.js';
import { readField } from '../read-target.js';
import type { TargetSpec } from '../target-spec.js';
import { blocksValue, instancesOf, type BlockInstance } from './blocks.js';
import { createGlobals, type GlobalsOptions } from './variables.js';

const BLOCKS = ['variable', 'function', 'group', 'target'];

/** Attributes of the file format, which no target has. */
const OF_THE_BLOCK = new Set(['matrix', 'name']);

/** @throws TsbuildError BAKE_INVALID, OPTION_UNSUPPORTED, with the place */
export function evaluateBodies(bodies: readonly Body[], options: Omit<GlobalsOptions, 'blocks'>): Definition {
  const all = bodies.flatMap(({ blocks }) => blocks);
  const unknown = all.find(({ type }) => !BLOCKS.includes(type));
  if (unknown)
    throw faultAt(unknown.place, `a bake file has no block ${unknown.type}`, `it has ${BLOCKS.join(', ')}`);
  const instances = new Map<string, readonly BlockInstance[]>();
  const of = (type: string): readonly BlockInstance[] => {
    const known = instances.get(type);
    if (known) return known;
    // A name of a matrix that asks for a target sees those before it only.
    instances.set(type, []);
    const made = blocksOf(all, type).flatMap((block) => instancesOf(block, globals.scope));
    instances.set(type, made);
    return made;
  };
  const blocks = new Map(['target', 'group'].map((type) => [type, (): Value => blocksValue(of(type))]));
  const globals = createGlobals(bodies, { ...options, blocks });
  const variables = globals.list();
  const targets = mergedByName(
    of('target').map((instance) => ({ name: instance.name, spec: specOf(instance) })),
  );
  return { targets, groups: [...groupsOf(of('group')), ...groupsOfMatrices(of('target'))], variables };
}

function blocksOf(all: readonly Block[], type: string): readonly Block[] {
  return all.filter((block) => block.type === type);
}

function specOf(instance: BlockInstance): TargetSpec {
  const { block } = instance;
  const [inner] = block.body.blocks;
  if (inner) throw faultAt(inner.place, `a target has no block ${inner.type}`, `write ${inner.type} = …`);
  const fields = block.body.attributes.flatMap(({ name, place }) => {
    if (OF_THE_BLOCK.has(name)) return [];
    try {
      return readField(name, instance.attribute(name)!);
    } catch (error) {
      throw withPlace(error, place);
    }
  });
  return Object.assign({}, ...fields) as TargetSpec;
}

/** @param targets of which several may have one name; the later ones win */
export function mergedByName(targets: readonly NamedTarget[]): readonly NamedTarget[] {
  const merged = new Map<string, TargetSpec>();
  for (const { name, spec } of targets) {
    const before = merged.get(name);
    merged.set(name, before ? mergeTargets(before, spec) : spec);
  }
  return [...merged].map(([name, spec]) => ({ name, spec }));
}

/** A later group takes the place of an earlier one of its name. */
function groupsOf(instances: readonly BlockInstance[]): readonly Group[] {
  const groups = instances.map((instance): Group => {
    const other = instance.block.body.attributes.find(
      ({ name }) => name !== 'targets' && name !== 'description',
    );
    if (other)
      throw faultAt(other.place, `a group has no attribute ${other.name}`, 'it has targets, description');
    const value = instance.attribute('targets');
    if (value === undefined) throw faultAt(instance.block.place, 'a group needs targets');
    const targets = isList(value) ? value.map((one) => textOf(one)) : [undefined];
    if (targets.includes(undefined)) throw faultAt(instance.block.place, 'targets must be a list of names');
    const description = instance.attribute('description') ?? null;
    return {
      name: instance.name,
      ...(description !== null && { description: textOf(description) ?? '' }),
      targets: [...new Set(targets as string[])],
    };
  });
  return [...new Map(groups.map((group) => [group.name, group])).values()];
}

/** The name of a target with a matrix stands for all that were made of it. */
function groupsOfMatrices(instances: readonly BlockInstance[]): readonly Group[] {
  const made = new Map<string, string[]>();
  for (const { name, label } of instances) made.set(label, [...(made.get(label) ?? []), name]);
  return [...made].flatMap(([label, names]) => {
    const targets = [...new Set(names)];
    return targets.length === 1 && targets[0] === label ? [] : [{ name: label, targets }];
  });
}

/** For definitions that are no bake files. @throws TsbuildError BAKE_INVALID, OPTION_UNSUPPORTED */
export function specOfValues(values: ReadonlyMap<string, Value>, where: string): TargetSpec {
  const fields = [...values].map(([name, value]) => {
    try {
      return readField(name, value);
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error;
      throw error.with({ message: `${where}: ${error.message}` });
    }
  });
  return Object.assign({}, ...fields) as TargetSpec;
}
