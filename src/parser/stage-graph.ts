// Which stages a target needs, and where each takes its base and its files from.
// Invariant: in `nodes` every stage stands behind all the stages it needs. Pure.
// Spec: BuildKit's dockerfile2llb/convert.go (toDispatchState, resolveReachableStages).
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { goQuote } from './go-quote.js';
import type { Dockerfile, FromInstruction, Stage } from './instruction.js';
import { validateMount } from './mount.js';
import { parseTrigger } from './parse-dockerfile.js';
import {
  classifyReference,
  createReferenceScope,
  findNamedContext,
  type ReferenceScope,
  type ScopeOptions,
  type SourceReference,
} from './source-reference.js';
import type { StageInstruction, StageNode } from './stage-node.js';
import { refuseCycles, refuseForwardReferences } from './stage-order.js';
import { syntaxError, withLocation } from './syntax-error.js';

export interface StageGraph {
  readonly target: StageNode;
  /** The target and all it needs, in the order of the file. */
  readonly nodes: readonly StageNode[];
  /** Every stage of the file, needed or not, without the triggers of its base. */
  readonly all: readonly StageNode[];
  /** For references that become known later. */
  readonly scope: ReferenceScope;
}

export interface StageGraphOptions extends ScopeOptions {
  /** A stage name (any case) or index; default the last stage. */
  readonly target?: string | undefined;
  /**
   * Take every stage of the file as needed. Triggers run only where the target needs the stage, as in BuildKit's lint.
   */
  readonly areAllNeeded?: boolean | undefined;
  /** The image of a FROM with variables replaced. Called for every stage of the file, needed or not. */
  readonly expandBase: (from: FromInstruction) => string;
  /** ONBUILD texts of base images by stage index, once their configs are known; they may need more stages. */
  readonly imageTriggers?: ReadonlyMap<number, readonly string[]> | undefined;
}

/**
 * @throws TsbuildError STAGE_NOT_FOUND (target, stage index), GRAPH_CYCLE (cycle, reference to a later stage),
 * DOCKERFILE_SYNTAX (blank base, bad trigger), DOCKERFILE_EXPANSION, and what `expandBase` throws, each with the place
 * of the instruction
 */
export function buildStageGraph(dockerfile: Dockerfile, options: StageGraphOptions): StageGraph {
  const { stages } = dockerfile;
  const scope = createReferenceScope(stages, options);
  const all = stages.map((stage) => withOwnSources(resolveBase(stage, scope, options), scope));
  const target = findTarget(stages, options.target);
  refuseCycles(all);
  const needed = neededNodes(all, target, (node) => withTriggers(node, all, scope, options));
  const nodes = options.areAllNeeded ? withRest(needed, all) : needed;
  refuseForwardReferences(nodes);
  return { target: nodes.find(({ stage }) => stage.index === target)!, nodes, all, scope };
}

type Base = Pick<StageNode, 'stage' | 'base' | 'isReplaced'>;

function resolveBase(stage: Stage, scope: ReferenceScope, { expandBase }: StageGraphOptions): Base {
  return withLocation(stage.from.location, '', () => {
    const reference = expandBase(stage.from);
    if (reference === '') throw syntaxError(`base name (${stage.from.image}) should not be blank`);
    const replacement = stage.name === undefined ? undefined : findNamedContext(stage.name, scope);
    if (replacement !== undefined)
      return { stage, base: { kind: 'context', name: replacement }, isReplaced: true };
    const base = classifyReference(reference, { by: 'from', before: stage.index }, scope);
    return { stage, base, isReplaced: false };
  });
}

function findTarget(stages: readonly Stage[], target: string | undefined): number {
  if (!target) return stages.length - 1;
  const lower = target.toLowerCase();
  const stage =
    stages.findLast(({ name }) => name === lower) ??
    (/^\d+$/.test(target) ? stages[Number(target)] : undefined);
  if (stage) return stage.index;
  const names = stages.flatMap(({ name }) => name ?? []);
  throw new TsbuildError(
    'STAGE_NOT_FOUND',
    `target stage ${goQuote(target)} could not be found${didYouMean(target, names, { isCaseSensitive: true })}`,
    {
      hint:
        names.length > 0
          ? `The file has these stages: ${names.slice(0, 50).join(', ')}.`
          : 'No stage of the file has a name.',
    },
  );
}

function toNode(base: Base, triggers: readonly StageInstruction[], scope: ReferenceScope): StageNode {
  const sources = new Map<StageInstruction, readonly (SourceReference | undefined)[]>();
  for (const instruction of base.isReplaced ? [] : [...triggers, ...base.stage.instructions]) {
    const references = referencesOf(instruction, scope);
    if (references.length > 0) sources.set(instruction, references);
  }
  const used = [base.base, ...[...sources.values()].flat()];
  const needs = new Set(used.flatMap((source) => (source?.kind === 'stage' ? source.index : [])));
  const name = base.stage.name ?? `stage-${base.stage.index}`;
  return { ...base, name, triggers, sources, needs: [...needs].toSorted((a, b) => a - b) };
}

function withOwnSources(base: Base, scope: ReferenceScope): StageNode {
  return toNode(base, [], scope);
}

/** With the ONBUILD triggers of the base, be it an image or a stage of the file. */
function withTriggers(
  node: StageNode,
  all: readonly StageNode[],
  scope: ReferenceScope,
  { imageTriggers }: StageGraphOptions,
): StageNode {
  const { stage, base, isReplaced } = node;
  if (isReplaced) return node;
  const parent = base.kind === 'stage' ? all[base.index]! : undefined;
  const defined = !parent || parent.isReplaced ? [] : parent.stage.instructions;
  const texts = [
    ...(imageTriggers?.get(stage.index) ?? []),
    ...defined.flatMap((instruction) => (instruction.kind === 'onbuild' ? instruction.expression : [])),
  ];
  if (texts.length === 0) return node;
  return toNode(
    node,
    texts.map((text) => parseTrigger(text, stage.from.location)),
    scope,
  );
}

/** See `StageNode.sources`. @throws TsbuildError with the instruction's place */
function referencesOf(instruction: StageInstruction, scope: ReferenceScope): (SourceReference | undefined)[] {
  return withLocation(instruction.location, '', () => {
    if (instruction.kind === 'copy' && instruction.from !== undefined) {
      return [classifyReference(instruction.from, { by: 'copy' }, scope)];
    }
    if (instruction.kind !== 'run') return [];
    return instruction.mounts.map((mount) => {
      const { from } = validateMount(mount);
      return from === undefined ? undefined : classifyReference(from, { by: 'mount' }, scope);
    });
  });
}

function withRest(needed: readonly StageNode[], all: readonly StageNode[]): StageNode[] {
  const byIndex = new Map(needed.map((node) => [node.stage.index, node]));
  return all.map((node) => byIndex.get(node.stage.index) ?? node);
}

function neededNodes(
  all: readonly StageNode[],
  target: number,
  complete: (node: StageNode) => StageNode,
): StageNode[] {
  const needed = new Set([target]);
  const nodes: StageNode[] = [];
  // A walk over a set visits the elements that are added meanwhile.
  for (const index of needed) {
    const node = complete(all[index]!);
    nodes.push(node);
    for (const need of node.needs) needed.add(need);
  }
  return nodes.toSorted((a, b) => a.stage.index - b.stage.index);
}
