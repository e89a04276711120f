// Walks the plan: stages run side by side as far as they need each other, the steps of a stage one after the other.
import { fromUtf8 } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import { createOnce, type Once } from '../core/once.js';
import { emptyTree } from '../layer/memory-tree.js';
import { stepSources } from '../plan/step-sources.js';
import type { PlannedStep, SourceRef, StepOf } from '../plan/step.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import type { StepRef } from '../core/events.js';
import type { Layer } from '../images/layer.js';
import type { OpenContext } from '../context/contexts.js';
import { announcedStages } from './announced-stages.js';
import { announcedSteps, baseStep, stepId } from './announced-steps.js';
import { stepPlaces } from './step-places.js';
import { whyAbsent } from '../context/files-context.js';
import { pause } from '../core/in-turns.js';
import { forgetLayer } from './secrets/forget-layer.js';
import { packFiles } from '../cache/pack-files.js';
import { openLayoutImage } from '../images/layout-image.js';
import { explainByDamage } from '../images/verify-tars.js';
import type { TreeView } from '../layer/tree-view.js';
import type { BuildPlan, PlannedStage } from './planning/plan-build.js';
import type { BuildTools } from './build-tools.js';
import { afterShell } from './failed-runs.js';
import { reportStep, type StepReporter } from '../core/step-events.js';
import type { OpenSource, StageRun } from './stage-run.js';
import { tellOfEmulators } from './require-emulators.js';
import { requireContextSources } from './require-sources.js';
import { isRemoteSource } from './steps/add-remote.js';
import { executeCopy } from './steps/copy.js';
import { executeRun } from './steps/run.js';
import { executeWorkdir } from './steps/workdir.js';

type Handler<S extends PlannedStep> = (run: StageRun, step: S, reporter: StepReporter) => Promise<Layer>;

/** What executes the steps of each kind. */
export type Handlers = { readonly [K in PlannedStep['kind']]: Handler<StepOf<K>> };

const HANDLERS: Handlers = {
  run: executeRun,
  copy: executeCopy,
  add: executeCopy,
  workdir: executeWorkdir,
};

/** Steps that are taken from the cache may need no turn of the event loop, in which a signal would be seen. */
const STEPS_OF_A_TURN = 16;

/**
 * The layers of the target, bottom first.
 * @throws TsbuildError of the first step that failed, in whatever stage, as soon as it has; ending the others is the
 * caller's
 */
export function executePlan(tools: BuildTools, plan: BuildPlan): Promise<readonly Layer[]> {
  return new Promise((resolve, rejectNow) => {
    const reject = (error: unknown) => void afterShell(tools.failedRuns, () => rejectNow(error));
    let isAhead = false;
    const lookAhead = () => {
      if (!isAhead) {
        requireContextSources(tools, plan).catch(reject);
        tellOfEmulators(tools, plan).catch(reject);
      }
      isAhead = true;
    };
    const [announced, announcedIn] = [announcedSteps(tools, plan), announcedStages(tools, plan)];
    tools.emit({ kind: 'plan', steps: announced, stages: announcedIn, time: tools.now() });
    const stages = createOnce<number, readonly Layer[]>();
    const shownBases = createOnce<string, void>();
    const image = stagesOfImage(plan);
    const walk = { tools, plan, stages, shownBases, image, onFailure: reject, lookAhead };
    executeStage(walk, plan.target).then(resolve, reject);
  });
}

interface Walk extends Pick<StageRun, 'tools' | 'lookAhead'> {
  readonly plan: BuildPlan;
  /** By index: a stage that others need is executed once. */
  readonly stages: Once<number, readonly Layer[]>;
  /** By id: a base that several stages start from is shown once. */
  readonly shownBases: Once<string, void>;
  /** Indexes of the stages whose layers are in the image. */
  readonly image: ReadonlySet<number>;
  /** Called at once, also for a stage that nobody waits for yet. */
  onFailure(error: unknown): void;
}

/** The target, the stage that it starts from, and so on. */
function stagesOfImage({ target, stages }: BuildPlan): ReadonlySet<number> {
  const chain = new Set<number>();
  for (let stage: PlannedStage | undefined = target; stage;) {
    const { base }: PlannedStage['node'] = stage.node;
    chain.add(stage.node.stage.index);
    stage = base.kind === 'stage' ? stages.get(base.index) : undefined;
  }
  return chain;
}

function executeStage(walk: Walk, stage: PlannedStage): Promise<readonly Layer[]> {
  return walk.stages(stage.node.stage.index, () => executeSteps(walk, stage));
}

async function executeSteps(walk: Walk, stage: PlannedStage): Promise<readonly Layer[]> {
  const { tools, plan, onFailure } = walk;
  // What a stage will need starts now, not when its instruction is reached.
  for (const index of stage.node.needs) executeStage(walk, plan.stages.get(index)!).catch(onFailure);
  const onLayer = walk.image.has(stage.node.stage.index) ? tools.onLayer : undefined;
  let layers = await baseLayers(walk, stage);
  if (stage.node.base.kind !== 'stage') layers.forEach((layer) => onLayer?.(layer));
  const { steps } = stage.state;
  const lastRun = steps.findLastIndex(({ kind }) => kind === 'run');
  const placeOf = placesIn(plan, stage, tools.sharedSteps && tools.targetPlatform);
  for (const [index, step] of steps.entries()) {
    if (index % STEPS_OF_A_TURN === STEPS_OF_A_TURN - 1) await pause(tools.signal);
    const base = layers.length - index;
    const run = stageRun(walk, stage, {
      layers,
      isRunAhead: index < lastRun,
      placeOf,
      stepsSoFar: () => steps.slice(0, index + 1).map(({ name }, at) => ({ name, below: base + at })),
    });
    const layer = await executeStep(run, { id: stepId(tools, stage, index), name: step.name }, step);
    onLayer?.(layer);
    layers = [...layers, layer];
  }
  return layers;
}

/** The places are made when the first is asked for: when nothing has changed none is. */
function placesIn(plan: BuildPlan, stage: PlannedStage, target?: Platform): StageRun['placeOf'] {
  let places: ReturnType<typeof stepPlaces> | undefined;
  return (step) => {
    places ??= stepPlaces(plan, stage, target);
    const place = places.get(step);
    invariant(place, 'a step is executed in its stage');
    return place;
  };
}

async function baseLayers(walk: Walk, stage: PlannedStage): Promise<readonly Layer[]> {
  const { tools, plan } = walk;
  const { base } = stage.node;
  if (base.kind === 'stage') return executeStage(walk, plan.stages.get(base.index)!);
  const shown = baseStep(tools, plan, stage);
  if (shown) await walk.shownBases(shown.id, () => reportStep(tools, shown, async () => undefined));
  if (stage.contextFiles === undefined) return stage.image?.layers ?? [];
  const context = await tools.contexts.named(stage.contextFiles);
  return context.kind === 'files' ? [await contextLayer(tools, stage.contextFiles, context.view)] : [];
}

/** The files of a named context that a stage starts from. */
async function contextLayer(tools: BuildTools, name: string, view: TreeView): Promise<Layer> {
  const layer = await packFiles(tools.stepCache, {
    view,
    from: `context ${name}`,
    path: fromUtf8('.'),
    dest: fromUtf8('/'),
    areTimesSeen: false,
  });
  try {
    await tools.secretScan?.layer(layer.diffId, `the context ${name}`);
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'SECRET_LEAKED')
      await forgetLayer(tools, layer.diffId);
    throw error;
  }
  return layer;
}

function stageRun(
  walk: Walk,
  stage: PlannedStage,
  step: Pick<StageRun, 'layers' | 'isRunAhead' | 'placeOf' | 'stepsSoFar'>,
): StageRun {
  const { tools, plan, lookAhead } = walk;
  return {
    tools,
    platform: stage.platform,
    machine: stage.state.platform,
    stageName: stage.node.name,
    ...step,
    epoch: plan.epoch,
    isSource: plan.sources.has(stage.node.stage.index),
    lookAhead,
    openSource: (from) => openSource(walk, from),
  };
}

async function executeStep(run: StageRun, ref: StepRef, step: PlannedStep): Promise<Layer> {
  const { tools, layers } = run;
  if (tools.signal.aborted)
    throw new TsbuildError('ABORTED', 'the build was interrupted', { cause: tools.signal.reason });
  const handler = HANDLERS[step.kind] as Handler<PlannedStep>;
  try {
    // A step is not shown before what it waits for is there, and the failure of another stage is not its own.
    const sources: OpenSource[] = [];
    for (const from of sourcesOf(step)) sources.push(await run.openSource(from));
    const work = () =>
      reportStep(tools, ref, (reporter) =>
        handler(run, step, reporter).catch((error: unknown) => {
          throw endedWithBuild(tools, error);
        }),
      );
    return await (tools.sharedSteps ? tools.sharedSteps(identityOf(run, step, sources), work) : work());
  } catch (error) {
    const explained = await explainByDamage(tools, layers, error);
    throw explained instanceof TsbuildError ? explained.at(step.location) : explained;
  }
}

/** A step whose sandbox the end of the build took away has not failed. */
function endedWithBuild({ signal }: Pick<BuildTools, 'signal'>, error: unknown): unknown {
  const isTakenAway = signal.aborted && error instanceof TsbuildError && error.code === 'SANDBOX_FAILED';
  return isTakenAway
    ? new TsbuildError('ABORTED', 'the build ended before the step', { cause: error })
    : error;
}

/** All that tells the steps of two plans of one build apart: both have the same contexts and secrets. */
function identityOf(
  { platform, epoch, layers }: StageRun,
  step: PlannedStep,
  sources: readonly OpenSource[],
): string {
  const diffIdsOf = (stack: readonly Layer[]): readonly string[] => stack.map(({ diffId }) => diffId);
  const below = [layers, ...sources.map((source) => source.layers)].map(diffIdsOf);
  return JSON.stringify([formatPlatform(platform), epoch ?? null, { ...step, location: null }, below]);
}

/** What is to be opened. The main context is not for heredocs and remote sources alone. */
function sourcesOf(step: PlannedStep): readonly SourceRef[] {
  const isCopy = step.kind === 'copy' || step.kind === 'add';
  const isRemote = isCopy && step.from.kind === 'main' && step.sources.every(isRemoteSource);
  return isRemote ? [] : stepSources(step);
}

async function openSource(walk: Walk, from: SourceRef): Promise<OpenSource> {
  const { tools, plan } = walk;
  switch (from.kind) {
    case 'scratch':
      return NOTHING;
    case 'main':
      return openContext(tools, await tools.contexts.main());
    case 'context':
      return openContext(tools, await tools.contexts.named(from.name));
    case 'image':
      return layered(tools, (await tools.resolveImage(from.reference, tools.targetPlatform)).layers);
    case 'stage':
      return layered(tools, await executeStage(walk, plan.stages.get(from.index)!));
  }
}

const NOTHING: OpenSource = { view: async () => emptyTree, isLayered: true, layers: [] };

async function openContext(tools: BuildTools, context: OpenContext): Promise<OpenSource> {
  const { targetPlatform } = tools;
  switch (context.kind) {
    case 'image':
      if (context.reference === 'scratch') return NOTHING;
      return layered(tools, (await tools.resolveImage(context.reference, targetPlatform)).layers);
    case 'layout':
      return layered(tools, (await openLayoutImage(context, targetPlatform)).layers);
    case 'target':
      return layered(tools, tools.linkedImage?.(context.target, targetPlatform).layers ?? []);
    case 'files':
      return {
        view: async () => context.view,
        isLayered: false,
        layers: [],
        whyAbsent: (path) => whyAbsent(context, path),
      };
  }
}

function layered({ trees }: BuildTools, layers: readonly Layer[]): OpenSource {
  return { view: () => trees.whole(layers), isLayered: true, layers };
}
