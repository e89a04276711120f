// The steps of a plan as they are shown, known before any of them begins. Pure. Invariant: an id stands for one piece
// of work; a base that several stages start from is one.
import type { StepRef } from '../core/events.js';
import { formatPlatform } from '../oci/platform.js';
import { canonicalReference, parseReference } from '../oci/reference.js';
import { stepName } from '../plan/step-names.js';
import type { BuildTools } from './build-tools.js';
import { isBaseShown, namingOf, type BuildPlan, type PlannedStage } from './planning/plan-build.js';

type PlatformSharing = Pick<BuildTools, 'sharedSteps' | 'targetPlatform'>;
type Sharing = PlatformSharing & Pick<BuildTools, 'isPlatformShown'>;

/** In the order of the stages, each with its base first. */
export function announcedSteps(tools: Sharing, plan: BuildPlan): readonly StepRef[] {
  const refs = [...plan.stages.values()].flatMap((stage) => {
    const base = baseStep(tools, plan, stage);
    const own = stage.state.steps.map((step, index) => ({
      id: stepId(tools, stage, index),
      name: step.name,
    }));
    return base ? [base, ...own] : own;
  });
  return [...new Map(refs.toReversed().map((ref) => [ref.id, ref])).values()].toReversed();
}

/** @param index of the step in its stage, from 0 */
export function stepId(tools: PlatformSharing, { node }: PlannedStage, index: number): string {
  return `${stageId(tools, node.stage.index)} step ${index}`;
}

/** @param index of the stage in the Dockerfile, from 0 */
export function stageId(tools: PlatformSharing, index: number): string {
  return ofPlatform(tools, `stage ${index}`);
}

function ofPlatform({ sharedSteps, targetPlatform }: PlatformSharing, id: string): string {
  return sharedSteps ? `${formatPlatform(targetPlatform)} ${id}` : id;
}

/** `[build 1/3] FROM docker.io/library/node:22@sha256:…`; undefined for a base that is no image of a reference. */
export function baseStep(tools: Sharing, plan: BuildPlan, stage: PlannedStage): StepRef | undefined {
  const { base } = stage.node;
  if (base.kind !== 'image' || !stage.image || !isBaseShown(stage)) return undefined;
  const { digest } = stage.image.manifest;
  const reference = parseReference(base.reference);
  const name = canonicalReference(reference);
  const text = `FROM ${name}${reference.digest === undefined ? `@${digest}` : ''}`;
  const naming = namingOf(plan, stage, tools.isPlatformShown ?? false);
  return { id: ofPlatform(tools, `base ${name} ${digest}`), name: stepName(naming, 1, text) };
}
