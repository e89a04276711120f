// The stages of a plan as they are told: what each starts from, where its steps stand in the Dockerfile, and which
// stages they take files of. Pure. Invariant: the ids of steps are those of announcedSteps.
import type { StageRef, StageStep } from '../core/events.js';
import { formatPlatform } from '../oci/platform.js';
import { stepSources } from '../plan/step-sources.js';
import type { PlannedStep } from '../plan/step.js';
import type { BuildTools } from './build-tools.js';
import { stageId, stepId } from './announced-steps.js';
import type { BuildPlan, PlannedStage } from './planning/plan-build.js';

type Sharing = Pick<BuildTools, 'sharedSteps' | 'targetPlatform'>;

/** In the order of the Dockerfile. */
export function announcedStages(tools: Sharing, { stages }: BuildPlan): readonly StageRef[] {
  return [...stages.values()].map((stage) => stageOf(tools, stage, stages));
}

function stageOf(tools: Sharing, planned: PlannedStage, stages: BuildPlan['stages']): StageRef {
  const { node, platform, state } = planned;
  return {
    id: stageId(tools, node.stage.index),
    name: node.name,
    platform: formatPlatform(platform),
    base: baseOf(node.base, stages),
    line: node.stage.from.location.startLine,
    needs: node.needs.map((index) => stageId(tools, index)),
    steps: state.steps.map((step, index) => stepOf(tools, step, stepId(tools, planned, index))),
  };
}

function stepOf(tools: Sharing, step: PlannedStep, id: string): StageStep {
  const { startLine, endLine } = step.location;
  const needs = stepSources(step).flatMap((from) => (from.kind === 'stage' ? [from.index] : []));
  return {
    id,
    startLine,
    endLine,
    ...(needs.length > 0 && { needs: [...new Set(needs)].map((index) => stageId(tools, index)) }),
  };
}

function baseOf(base: PlannedStage['node']['base'], stages: BuildPlan['stages']): string {
  switch (base.kind) {
    case 'stage':
      return stages.get(base.index)!.node.name;
    case 'context':
      return base.name;
    case 'image':
      return base.reference;
    default:
      return 'scratch';
  }
}
