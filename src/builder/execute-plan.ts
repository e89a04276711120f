// Walks the plan: stages run side by side as far as they need each other, the steps of a stage one after the other.
import { fromUtf8 } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { emptyTree } from '../layer/memory-tree.js';
import { stepSources } from '../plan/step-sources.js';
import type { PlannedStep, SourceRef } from '../plan/step.js';
import { resolveBaseImage } from './base-image.js';
import type { ChainLayer } from './chain-layer.js';
import type { OpenContext } from './contexts.js';
import { pause } from './in-turns.js';
import { layerOfFiles } from './layer-of-files.js';
import { openLayoutImage } from './layout-image.js';
import type { BuildPlan, PlannedStage } from './plan-build.js';
import type { Session } from './session.js';
import { reportStep, type StepReporter } from './step-events.js';
import type { OpenSource, StageRun } from './stage-run.js';
import { isRemoteSource } from './steps/add-remote.js';
import { executeCopy } from './steps/copy.js';
import { executeRun } from './steps/run.js';
import { executeWorkdir } from './steps/workdir.js';
import { treeOf } from './trees.js';

type Handlers = {
  readonly [K in PlannedStep['kind']]: (
    run: StageRun,
    step: Extract<PlannedStep, { kind: K }>,
    reporter: StepReporter,
  ) => Promise<ChainLayer>;
};

const HANDLERS: Handlers = {
  run: executeRun,
  copy: executeCopy,
  add: executeCopy as Handlers['add'],
  workdir: executeWorkdir,
};

/** Steps that are taken from the cache may need no turn of the event loop, in which a signal would be seen. */
const STEPS_OF_A_TURN = 16;

/** The layers of the target, bottom first. @throws TsbuildError of the first step that failed; the others are cancelled */
export function executePlan(session: Session, plan: BuildPlan): Promise<readonly ChainLayer[]> {
  return executeStage(session, plan, plan.target);
}

function executeStage(
  session: Session,
  plan: BuildPlan,
  stage: PlannedStage,
): Promise<readonly ChainLayer[]> {
  return session.once(`stage ${stage.node.stage.index}`, async () => {
    // What a stage will need starts now, not when its instruction is reached.
    const ahead = stage.node.needs.map((index) => executeStage(session, plan, plan.stages.get(index)!));
    for (const promise of ahead) promise.catch(() => undefined);
    let layers = await baseLayers(session, plan, stage);
    const { steps } = stage.state;
    const lastRun = steps.findLastIndex(({ kind }) => kind === 'run');
    for (const [index, step] of steps.entries()) {
      if (index % STEPS_OF_A_TURN === STEPS_OF_A_TURN - 1) await pause(session.signal);
      const run = stageRun(session, plan, stage, { layers, isRunAhead: index < lastRun });
      layers = [...layers, await executeStep(run, stage, step)];
    }
    return layers;
  });
}

async function baseLayers(
  session: Session,
  plan: BuildPlan,
  stage: PlannedStage,
): Promise<readonly ChainLayer[]> {
  const { base } = stage.node;
  if (base.kind === 'stage') return executeStage(session, plan, plan.stages.get(base.index)!);
  if (stage.contextFiles === undefined) return stage.image?.layers ?? [];
  const context = await session.contexts.named(stage.contextFiles);
  if (context.kind !== 'files') return [];
  const layer = await layerOfFiles(session, {
    view: context.view,
    from: `context ${stage.contextFiles}`,
    path: fromUtf8('.'),
    dest: fromUtf8('/'),
    areTimesSeen: false,
  });
  await session.secretScan?.layer(layer.diffId, `the context ${stage.contextFiles}`);
  return [layer];
}

function stageRun(
  session: Session,
  plan: BuildPlan,
  stage: PlannedStage,
  step: Pick<StageRun, 'layers' | 'isRunAhead'>,
): StageRun {
  return {
    session,
    platform: stage.platform,
    ...step,
    epoch: plan.epoch,
    isSource: plan.sources.has(stage.node.stage.index),
    openSource: (from) => openSource(session, plan, from),
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
    throw error instanceof TsbuildError ? error.at(step.location) : error;
  }
}

/** What is to be opened. The main context is not for heredocs and remote sources alone. */
function sourcesOf(step: PlannedStep): readonly SourceRef[] {
  const isCopy = step.kind === 'copy' || step.kind === 'add';
  const isRemote = isCopy && step.from.kind === 'main' && step.sources.every(isRemoteSource);
  return isRemote ? [] : stepSources(step);
}

async function openSource(session: Session, plan: BuildPlan, from: SourceRef): Promise<OpenSource> {
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
      return layered(session, await executeStage(session, plan, plan.stages.get(from.index)!));
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
    whyAbsent: (path) => explainAbsence(context, path),
  };
}

async function layered(session: Session, layers: readonly ChainLayer[]): Promise<OpenSource> {
  return { view: await treeOf(session, layers), isLayered: true, layers };
}

function explainAbsence(context: Extract<OpenContext, { kind: 'files' }>, path: string): string | undefined {
  const absence = context.whyAbsent?.(path);
  if (absence?.kind === 'ignored')
    return `${path} is there, but line ${absence.line} of ${absence.ignoreFile} excludes it: ${absence.pattern}`;
  return absence?.didYouMean === undefined ? undefined : `did you mean ${absence.didYouMean}?`;
}
