// From the Dockerfile to the plan of every stage that the target needs. Base images are resolved here (configs only), because a plan
// needs the variables and the triggers of its base.
import { TsbuildError } from '../core/errors.js';
import { formatPlatform, normalizePlatform, type Platform } from '../oci/platform.js';
import type { Dockerfile } from '../parser/instruction.js';
import { classifyReference, createReferenceScope } from '../parser/source-reference.js';
import type { StageGraph } from '../parser/stage-graph.js';
import type { StageNode } from '../parser/stage-node.js';
import { childState, imageState, planStageStepwise, scratchState } from '../plan/plan-stage.js';
import { MAX_TEXT, type PlanScope } from '../plan/scope.js';
import { countSteps } from '../plan/step-names.js';
import { stepSources } from '../plan/step-sources.js';
import type { StageOutcome } from '../plan/step.js';
import { resolveBaseImage, type BaseImage } from './base-image.js';
import { inTurns } from './in-turns.js';
import { openLayoutImage } from './layout-image.js';
import { expanderOf, globalArgsOf, graphOf, platformOf } from './read-graph.js';
import type { Session } from './session.js';
import { resolveSourceDateEpoch, type DatedArgs } from './source-date-epoch.js';

export interface PlannedStage {
  readonly node: StageNode;
  readonly platform: Platform;
  /** The image it starts from, when it starts from one. */
  readonly image?: BaseImage;
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
}

interface Base {
  readonly platform: Platform;
  readonly image?: BaseImage;
  readonly contextFiles?: string;
}

/** @throws TsbuildError DOCKERFILE_*, STAGE_NOT_FOUND, GRAPH_CYCLE, REGISTRY_*, with the place */
export async function planBuild(session: Session, dockerfile: Dockerfile): Promise<BuildPlan> {
  const args = await resolveSourceDateEpoch(session, dockerfile, globalArgsOf(session, dockerfile));
  const expand = expanderOf(args.globalArgs, dockerfile);
  const { graph, bases } = await resolveGraph(session, dockerfile, expand);
  const scope = scopeOf(session, dockerfile, args);
  const stages = new Map<number, PlannedStage>();
  let maxText = MAX_TEXT;
  for (const node of graph.nodes) {
    const base = bases.get(node.stage.index)!;
    const state = node.isReplaced
      ? startState(node, base, stages)
      : await inTurns(planNode(node, base, stages, { ...scope, maxText }, dockerfile), session);
    maxText -= state.textSize;
    stages.set(node.stage.index, { node, ...base, state });
  }
  const target = stages.get(graph.target.stage.index)!;
  return { stages, target, sources: sourcesAmong(stages), epoch: scope.epoch };
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
  session: Session,
  dockerfile: Dockerfile,
  { buildArgs, globalArgs, epoch }: DatedArgs,
): PlanScope {
  const { request, contexts, targetPlatform } = session;
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
    ...(epoch === undefined ? {} : { epoch }),
  };
}

/** The graph, again and again until no base image brings a trigger that needs something new. */
async function resolveGraph(
  session: Session,
  dockerfile: Dockerfile,
  expand: (text: string) => string,
): Promise<{ graph: StageGraph; bases: Map<number, Base> }> {
  const bases = new Map<number, Base>();
  const imageTriggers = new Map<number, readonly string[]>();
  for (;;) {
    const graph = graphOf(session, dockerfile, expand, imageTriggers);
    const unknown = graph.nodes.filter((node) => !bases.has(node.stage.index));
    if (unknown.length === 0) return { graph, bases };
    const resolved = await Promise.all(unknown.map((node) => resolveBase(session, node, expand)));
    unknown.forEach((node, i) => {
      const base = resolved[i]!;
      bases.set(node.stage.index, base);
      const triggers = base.image?.config.config?.OnBuild;
      if (triggers?.length && !node.isReplaced) imageTriggers.set(node.stage.index, triggers);
    });
    if (imageTriggers.size === 0) return { graph, bases };
  }
}

async function resolveBase(
  session: Session,
  node: StageNode,
  expand: (text: string) => string,
): Promise<Base> {
  const { from } = node.stage;
  try {
    // BuildKit takes no notice of a platform for what starts from nothing.
    const asked = platformOf(session, from, expand);
    const platform = node.base.kind === 'scratch' ? session.targetPlatform : asked;
    if (node.base.kind === 'image')
      return { platform, image: await resolveBaseImage(session, node.base.reference, platform) };
    if (node.base.kind === 'context')
      return { platform, ...(await resolveContextBase(session, node.base.name, platform)) };
    return { platform };
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(from.location) : error;
  }
}

async function resolveContextBase(
  session: Session,
  name: string,
  platform: Platform,
): Promise<Omit<Base, 'platform'>> {
  const context = await session.contexts.named(name);
  if (context.kind === 'files') return { contextFiles: name };
  if (context.kind === 'image' && context.reference === 'scratch') return {};
  if (context.kind === 'image')
    return { image: await resolveBaseImage(session, context.reference, platform) };
  return { image: await openLayoutImage(session, context, platform) };
}

function startState(node: StageNode, base: Base, stages: ReadonlyMap<number, PlannedStage>): StageOutcome {
  if (node.base.kind === 'stage') return childState(stages.get(node.base.index)!.state);
  if (!base.image) return scratchState(base.platform);
  const { os, architecture, variant } = base.image.config;
  return imageState(
    base.image.config,
    normalizePlatform({ os, architecture, ...(variant ? { variant } : {}) }),
  );
}

function planNode(
  node: StageNode,
  base: Base,
  stages: ReadonlyMap<number, PlannedStage>,
  scope: PlanScope,
  dockerfile: Dockerfile,
): Generator<void, StageOutcome> {
  const { stage, triggers } = node;
  const hasImageBase = base.image !== undefined || base.contextFiles !== undefined;
  const naming = {
    stageName: dockerfile.stages.length === 1 ? '' : node.name,
    total: countSteps([...triggers, ...stage.instructions], hasImageBase),
  };
  return planStageStepwise(
    startState(node, base, stages),
    {
      index: stage.index,
      name: stage.name,
      naming,
      triggers,
      instructions: stage.instructions,
      hasImageBase,
    },
    scope,
  );
}
