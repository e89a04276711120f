// Where a step stands in a build, so that a later build knows what it gave: by what it says and by its stage. Steps are
// not counted, so an instruction more or less leaves the places of the others as they are.
import { canonicalJson, type Json } from '../core/canonical-json.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import type { CopyStep, PlannedStep, SourceRef } from '../plan/step.js';
import type { BuildPlan, PlannedStage } from './planning/plan-build.js';

/**
 * Gives the place of each step of a stage; equal ones are told apart by their order.
 * @param target of a build for several platforms, each of which has places of its own
 */
export function stepPlaces(
  { stages }: Pick<BuildPlan, 'stages'>,
  { node, platform, state }: Pick<PlannedStage, 'node' | 'platform' | 'state'>,
  target?: Platform,
): ReadonlyMap<PlannedStep, Json> {
  const counts = new Map<string, number>();
  const places = new Map<PlannedStep, Json>();
  for (const step of state.steps) {
    const said = whatIsSaid(step, stages);
    const text = canonicalJson(said);
    const count = counts.get(text) ?? 0;
    counts.set(text, count + 1);
    const platforms = target ? [platform, target] : [platform];
    places.set(step, [node.name, platforms.map(formatPlatform).join(' for '), said, count]);
  }
  return places;
}

/** Contents, and what a command runs with, are not in it: they are what changes from build to build. */
function whatIsSaid(step: PlannedStep, stages: BuildPlan['stages']): Json {
  if (step.kind === 'run') return { kind: step.kind, argv: step.argv };
  if (step.kind === 'workdir') return { kind: step.kind, path: step.path };
  return whatIsCopied(step, stages);
}

function whatIsCopied(step: CopyStep, stages: BuildPlan['stages']): Json {
  const { kind, sources, heredocs, dest, workdir, isLink, isParents, excludes } = step;
  return {
    kind,
    from: sourceSaid(step.from, stages),
    sources,
    heredocs: heredocs.map(({ name }) => name),
    dest,
    workdir: dest.startsWith('/') ? null : workdir,
    isLink,
    isParents,
    excludes,
    chown: step.chown ?? null,
    chmod: step.chmod ?? null,
    unpack: step.unpack ?? null,
    keepGitDir: step.keepGitDir ?? null,
  };
}

/** A stage by its name: one without a name is told by its number all the same. */
function sourceSaid(from: SourceRef, stages: BuildPlan['stages']): Json {
  return from.kind === 'stage' ? { kind: from.kind, name: stages.get(from.index)!.node.name } : { ...from };
}
