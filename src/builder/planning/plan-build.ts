// From the Dockerfile to the plan of every stage that the target needs, or of all for a check. Base images are resolved
// first (configs only), because a plan needs the variables and the triggers of its base.
import { formatPlatform, normalizePlatform, type Platform } from '../../oci/platform.js';
import type { ImageConfig } from '../../oci/types.js';
import type { Dockerfile } from '../../parser/instruction.js';
import { classifyReference, createReferenceScope } from '../../parser/source-reference.js';
import type { StageNode } from '../../parser/stage-node.js';
import { childState, imageState, planStageStepwise, scratchState } from '../../plan/plan-stage.js';
import { MAX_TEXT, type PlanScope } from '../../plan/scope.js';
import { countSteps, type StepNaming } from '../../plan/step-names.js';
import { stepSources } from '../../plan/step-sources.js';
import type { StageOutcome } from '../../plan/step.js';
import type { Image } from '../../images/image.js';
import { inTurns } from '../../core/in-turns.js';
import { expanderOf, globalArgsOf } from './read-graph.js';
import { resolveGraph, type GraphOptions, type ResolvedBase } from './resolve-graph.js';
import type { PlanTools } from '../build-tools.js';
import { refuseCopy } from '../steps/refuse-copy.js';
import { resolveSourceDateEpoch, type DatedArgs } from './source-date-epoch.js';

export interface PlannedStage {
  readonly node: StageNode;
  readonly platform: Platform;
  /** The image it starts from, when it starts from one. */
  readonly image?: Image;
  /** Its base is a named context of plain files. */
  readonly contextFiles?: string;
  readonly state: StageOutcome;
}

export interface BuildPlan {
  /** By stage index; a stage's needs come before it. */
  readonly stages: ReadonlyMap<number, PlannedStage>;
  readonly target: PlannedStage;
  /** Indexes of the stages out of whose layers files are copied or mounted. */
  readonly sources: ReadonlySet<number>;
  readonly epoch: number | undefined;
  /** The Dockerfile has one stage: it is not named. */
  readonly isOneStage: boolean;
}

/** How a check differs from a build. */
export interface PlanOptions extends GraphOptions {
  /**
   * Called with each stage when its base is known, before its instructions are read: a plan that fails has told so
   * much.
   */
  readonly onStage?: (stage: PlannedStage) => void;
}

/** @throws TsbuildError DOCKERFILE_*, STAGE_NOT_FOUND, GRAPH_CYCLE, REGISTRY_*, with the place */
export async function planBuild(
  tools: PlanTools,
  dockerfile: Dockerfile,
  options: PlanOptions = {},
): Promise<BuildPlan> {
  const args = await resolveSourceDateEpoch(tools, dockerfile, globalArgsOf(tools, dockerfile));
  const expand = expanderOf(args.globalArgs, dockerfile);
  const { graph, bases } = await resolveGraph(tools, dockerfile, expand, options);
  const scope = scopeOf(tools, dockerfile, args);
  const stages = new Map<number, PlannedStage>();
  const { isPlatformShown = false } = tools;
  let maxText = MAX_TEXT;
  for (const node of graph.nodes) {
    const base = baseAmong(bases, node);
    const start = { node, ...base, state: startState(node, base, stages) };
    options.onStage?.(start);
    const state = node.isReplaced
      ? start.state
      : await inTurns(planNode(start, { ...scope, maxText }, dockerfile, isPlatformShown), tools);
    maxText -= state.textSize;
    stages.set(node.stage.index, { ...start, state });
  }
  const target = stages.get(graph.target.stage.index)!;
  const isOneStage = dockerfile.stages.length === 1;
  return { stages, target, sources: sourcesAmong(stages), epoch: scope.epoch, isOneStage };
}

/** A stage on one whose base is not known knows no more. */
function baseAmong(bases: Map<number, ResolvedBase>, { stage, base }: StageNode): ResolvedBase {
  const own = bases.get(stage.index)!;
  if (base.kind !== 'stage' || !bases.get(base.index)?.isUnknown) return own;
  const unknown = { ...own, isUnknown: true };
  bases.set(stage.index, unknown);
  return unknown;
}

/** A stage has the layers of the one that it is based on. */
function sourcesAmong(stages: ReadonlyMap<number, PlannedStage>): ReadonlySet<number> {
  const sources = new Set<number>();
  const add = (index: number): void => {
    sources.add(index);
    const base = stages.get(index)?.node.base;
    if (base?.kind === 'stage') add(base.index);
  };
  for (const { state } of stages.values())
    for (const step of state.steps)
      for (const from of stepSources(step)) if (from.kind === 'stage') add(from.index);
  return sources;
}

function scopeOf(
  tools: PlanTools,
  dockerfile: Dockerfile,
  { buildArgs, globalArgs, epoch }: DatedArgs,
): PlanScope {
  const { request, contexts, targetPlatform } = tools;
  const references = createReferenceScope(dockerfile.stages, {
    namedContexts: contexts.names,
    platform: formatPlatform(targetPlatform),
  });
  const withoutCache = new Set((request.noCacheFilter ?? []).map((name) => name.toLowerCase()));
  return {
    escape: dockerfile.escape,
    buildArgs,
    globalArgs,
    hostname: buildArgs['BUILDKIT_SANDBOX_HOSTNAME'] ?? 'buildkitsandbox',
    network: request.network === 'host' || request.network === 'none' ? request.network : 'default',
    allow: new Set([...(request.allow ?? []), ...(request.network === 'host' ? ['network.host'] : [])]),
    isCacheIgnored: (name) => request.noCache === true || (name !== undefined && withoutCache.has(name)),
    resolveSource: (from, _index, use) => classifyReference(from, { by: use }, references),
    refuseCopy,
    ...(epoch === undefined ? {} : { epoch }),
  };
}

function startState(
  node: StageNode,
  base: ResolvedBase,
  stages: ReadonlyMap<number, PlannedStage>,
): StageOutcome {
  if (node.base.kind === 'stage') return childState(stages.get(node.base.index)!.state);
  if (!base.image) return scratchState(base.platform);
  const { os, architecture, variant } = base.image.config;
  return imageState(
    base.image.config,
    normalizePlatform({ os, architecture, ...(variant ? { variant } : {}) }),
  );
}

/**
 * BuildKit makes a stage of every image that files are copied from and of every mount: then the only stage of a file
 * has a name.
 */
function takesFromNobody({ stage, sources }: StageNode): boolean {
  return !stage.instructions.some((instruction) => sources.has(instruction));
}

/** BuildKit takes an image without layers for nothing at all. */
function hasLayers({ rootfs, history = [] }: ImageConfig): boolean {
  return rootfs.diff_ids.length > 0 || history.some((row) => row.empty_layer !== true);
}

/** How the steps of a stage are named. */
export function namingOf(
  { isOneStage }: Pick<BuildPlan, 'isOneStage'>,
  { node, platform }: Pick<PlannedStage, 'node' | 'platform'>,
  isPlatformShown: boolean,
): StepNaming {
  return {
    stageName: isOneStage && takesFromNobody(node) ? '' : node.name,
    total: countSteps(node),
    ...(isPlatformShown && { platform }),
  };
}

/** Whether the base is the first of the numbered steps. */
export function isBaseShown({ node, image }: Pick<PlannedStage, 'node' | 'image'>): boolean {
  return node.base.kind === 'image' && image !== undefined && hasLayers(image.config);
}

function planNode(
  { node, state, ...base }: PlannedStage & ResolvedBase,
  scope: PlanScope,
  dockerfile: Dockerfile,
  isPlatformShown: boolean,
): Generator<void, StageOutcome> {
  const { stage, triggers } = node;
  const isOneStage = dockerfile.stages.length === 1;
  return planStageStepwise(
    state,
    {
      index: stage.index,
      name: stage.name,
      naming: namingOf({ isOneStage }, { node, platform: base.platform }, isPlatformShown),
      triggers,
      instructions: stage.instructions,
      isBaseUnknown: base.isUnknown === true,
      isBaseShown: isBaseShown({ node, ...base }),
    },
    scope,
  );
}
