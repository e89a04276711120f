// Walks the plan: stages run side by side as far as they need each other, the steps of a stage one after the other.
import { fromUtf8 } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import { emptyTree } from '../layer/memory-tree.js';
import { stepSources } from '../plan/step-sources.js';
import type { PlannedStep, SourceRef, StepOf } from '../plan/step.js';
import { resolveBaseImage } from '../images/base-image.js';
import type { ChainLayer } from '../images/chain-layer.js';
import type { OpenContext } from '../context/contexts.js';
import { stepPlaces } from './step-places.js';
import { whyAbsent } from '../context/files-context.js';
import { pause } from '../core/in-turns.js';
import { layerOfFiles } from '../cache/layer-of-files.js';
import { openLayoutImage } from '../images/layout-image.js';
import type { BuildPlan, PlannedStage } from './planning/plan-build.js';
import type { Session } from './session.js';
import { reportStep, type StepReporter } from '../core/step-events.js';
import type { OpenSource, StageRun } from './stage-run.js';
import { requireContextSources } from './require-sources.js';
import { isRemoteSource } from './steps/add-remote.js';
import { executeCopy } from './steps/copy.js';
import { executeRun } from './steps/run.js';
import { executeWorkdir } from './steps/workdir.js';
import { lazyTreeOf } from '../images/trees.js';

/** What executes the steps of each kind. */
export type Handlers = {
  readonly [K in PlannedStep['kind']]: (
    run: StageRun,
    step: StepOf<K>,
    reporter: StepReporter,
  ) => Promise<ChainLayer>;
};

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
 * @throws TsbuildError of the first step that failed, in whatever stage, as soon as it has; ending the others is the caller's
 */
export function executePlan(session: Session, plan: BuildPlan): Promise<readonly ChainLayer[]> {
  return new Promise((resolve, reject) => {
    let isAhead = false;
    const lookAhead = () => {
      if (!isAhead) requireContextSources(session, plan).catch(reject);
      isAhead = true;
    };
    const walk = { session, plan, onFailure: reject, lookAhead };
    executeStage(walk, plan.target).then(resolve, reject);
  });
}

interface Walk {
  readonly session: Session;
  readonly plan: BuildPlan;
  /** Called at once, also for a stage that nobody waits for yet. */
  onFailure(error: unknown): void;
  /** As in StageRun. */
  lookAhead(): void;
}

function executeStage(walk: Walk, stage: PlannedStage): Promise<readonly ChainLayer[]> {
  const { session, plan, onFailure } = walk;
  return session.once(`stage ${stage.node.stage.index}`, async () => {
    // What a stage will need starts now, not when its instruction is reached.
    for (const index of stage.node.needs) executeStage(walk, plan.stages.get(index)!).catch(onFailure);
    let layers = await baseLayers(walk, stage);
    const { steps } = stage.state;
    const lastRun = steps.findLastIndex(({ kind }) => kind === 'run');
    const placeOf = placesIn(plan, stage);
    for (const [index, step] of steps.entries()) {
      if (index % STEPS_OF_A_TURN === STEPS_OF_A_TURN - 1) await pause(session.signal);
      const run = stageRun(walk, stage, { layers, isRunAhead: index < lastRun, placeOf });
      layers = [...layers, await executeStep(run, stage, step)];
    }
    return layers;
  });
}

/** The places are made when the first is asked for: when nothing has changed none is. */
function placesIn(plan: BuildPlan, stage: PlannedStage): StageRun['placeOf'] {
  let places: ReturnType<typeof stepPlaces> | undefined;
  return (step) => {
    places ??= stepPlaces(plan, stage);
    const place = places.get(step);
    invariant(place, 'a step is executed in its stage');
    return place;
  };
}

async function baseLayers(walk: Walk, stage: PlannedStage): Promise<readonly ChainLayer[]> {
  const { session, plan } = walk;
  const { base } = stage.node;
  if (base.kind === 'stage') return executeStage(walk, plan.stages.get(base.index)!);
  if (stage.contextFiles === undefined) return stage.image?.layers ?? [];
  const context = await session.contexts.named(stage.contextFiles);
  if (context.kind !== 'files') return [];
  const layer = await layerOfFiles(session.stepCache, {
    view: context.view,
    from: `context ${stage.contextFiles}`,
    path: fromUtf8('.'),
    dest: fromUtf8('/'),
    areTimesSeen: false,
  });
  try {
    await session.secretScan?.layer(layer.diffId, `the context ${stage.contextFiles}`);
  } catch (error) {
    const { removeLayer } = await import('../images/remove-layer.js');
    if (error instanceof TsbuildError && error.code === 'SECRET_LEAKED')
      await removeLayer(session, layer.diffId);
    throw error;
  }
  return [layer];
}

function stageRun(
  walk: Walk,
  stage: PlannedStage,
  step: Pick<StageRun, 'layers' | 'isRunAhead' | 'placeOf'>,
): StageRun {
  const { session, plan } = walk;
  return {
    session,
    platform: stage.platform,
    ...step,
    epoch: plan.epoch,
    isSource: plan.sources.has(stage.node.stage.index),
    lookAhead: walk.lookAhead,
    openSource: (from) => openSource(walk, from),
  };
}

async function executeStep(run: StageRun, stage: PlannedStage, step: PlannedStep): Promise<ChainLayer> {
  const { session, layers } = run;
  if (session.signal.aborted)
    throw new TsbuildError('ABORTED', 'the build was interrupted', { cause: session.signal.reason });
  const handler = HANDLERS[step.kind] as (
    run: StageRun,
    step: PlannedStep,
    reporter: StepReporter,
  ) => Promise<ChainLayer>;
  try {
    // A step is not shown before what it waits for is there, and the failure of another stage is not its own.
    for (const from of sourcesOf(step)) await run.openSource(from);
    return await reportStep(
      session,
      { id: `stage ${stage.node.stage.index} layer ${layers.length}`, name: step.name },
      (reporter) => handler(run, step, reporter),
    );
  } catch (error) {
    const { explainByDamage } = await import('../images/verify-tars.js');
    const explained = await explainByDamage(session, layers, error);
    throw explained instanceof TsbuildError ? explained.at(step.location) : explained;
  }
}

/** What is to be opened. The main context is not for heredocs and remote sources alone. */
function sourcesOf(step: PlannedStep): readonly SourceRef[] {
  const isCopy = step.kind === 'copy' || step.kind === 'add';
  const isRemote = isCopy && step.from.kind === 'main' && step.sources.every(isRemoteSource);
  return isRemote ? [] : stepSources(step);
}

async function openSource(walk: Walk, from: SourceRef): Promise<OpenSource> {
  const { session, plan } = walk;
  switch (from.kind) {
    case 'scratch':
      return { view: emptyTree, isLayered: true, layers: [] };
    case 'main':
      return openContext(session, await session.contexts.main());
    case 'context':
      return openContext(session, await session.contexts.named(from.name));
    case 'image':
      return layered(
        session,
        (await resolveBaseImage(session, from.reference, session.targetPlatform)).layers,
      );
    case 'stage':
      return layered(session, await executeStage(walk, plan.stages.get(from.index)!));
  }
}

async function openContext(session: Session, context: OpenContext): Promise<OpenSource> {
  if (context.kind === 'image' && context.reference === 'scratch')
    return { view: emptyTree, isLayered: true, layers: [] };
  if (context.kind === 'image')
    return layered(
      session,
      (await resolveBaseImage(session, context.reference, session.targetPlatform)).layers,
    );
  if (context.kind === 'layout')
    return layered(session, (await openLayoutImage(session, context, session.targetPlatform)).layers);
  return {
    view: context.view,
    isLayered: false,
    layers: [],
    whyAbsent: (path) => whyAbsent(context, path),
  };
}

async function layered(session: Session, layers: readonly ChainLayer[]): Promise<OpenSource> {
  const tree = await lazyTreeOf(session, layers);
  return {
    get view() {
      return tree();
    },
    isLayered: true,
    layers,
  };
}
