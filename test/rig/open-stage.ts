// The tools of a build and one stage of its plan, for a test of what executes steps: without the walk over the graph
// around it.
import type { BuildTools } from '../../src/builder/build-tools.js';
import { planBuild, type BuildPlan } from '../../src/builder/planning/plan-build.js';
import type { OpenSource, StageRun } from '../../src/builder/stage-run.js';
import type { Definition } from '../../src/context/load-definition.js';
import type { StepReporter } from '../../src/core/step-events.js';
import type { FilesContext } from '../../src/context/files-context.js';
import type { Dockerfile } from '../../src/parser/instruction.js';
import { parseDockerfile } from '../../src/parser/parse-dockerfile.js';
import type { PlannedStep, StepOf } from '../../src/plan/step.js';

export interface OpenStage {
  readonly tools: BuildTools;
  readonly definition: Definition;
  readonly dockerfile: Dockerfile;
  readonly plan: BuildPlan;
  /** Of the target, on the layers of its base. Sources are the main context. */
  readonly run: StageRun;
  /** How often a step said that it takes its time. */
  readonly lookedAhead: () => number;
  /** The first step of a kind. @throws Error when there is none */
  step<K extends PlannedStep['kind']>(kind: K): StepOf<K>;
  readonly reporter: StepReporter & { isCached: boolean };
}

export async function openStage(tools: BuildTools, definition: Definition): Promise<OpenStage> {
  const dockerfile = parseDockerfile(definition.text, definition.file);
  const plan = await planBuild(tools, dockerfile);
  const { target } = plan;
  let count = 0;
  const reporter = {
    id: 'step',
    name: 'the step',
    isCached: false,
    markCached: () => (reporter.isCached = true),
    markMissed: () => undefined,
    markBegun: () => undefined,
    markChanged: () => undefined,
  };
  return {
    tools,
    definition,
    dockerfile,
    plan,
    lookedAhead: () => count,
    run: {
      tools,
      machine: tools.targetPlatform,
      stageName: 'stage',
      platform: target.platform,
      layers: target.image?.layers ?? [],
      epoch: plan.epoch,
      isRunAhead: false,
      isSource: false,
      lookAhead: () => void count++,
      stepsSoFar: () => [],
      placeOf: (step) => step.name,
      openSource: () => mainContext(tools),
    },
    step<K extends PlannedStep['kind']>(kind: K) {
      const found = target.state.steps.find((step) => step.kind === kind);
      if (!found) throw new Error(`the stage has no ${kind}`);
      return found as StepOf<K>;
    },
    reporter,
  };
}

async function mainContext({ contexts }: BuildTools): Promise<OpenSource> {
  const { view } = (await contexts.main()) as FilesContext;
  return { view: async () => view, isLayered: false, layers: [] };
}
