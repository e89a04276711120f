// Where a COPY or ADD stands in a build, so that a later build finds the layer it gave: by what it says and by its stage. Steps are not
// counted, so an instruction more or less leaves the places of the others as they are.
import { canonicalJson, type Json } from '../core/canonical-json.js';
import { formatPlatform } from '../oci/platform.js';
import type { CopyStep, SourceRef } from '../plan/step.js';
import type { BuildPlan, PlannedStage } from './planning/plan-build.js';

/** Gives the place of each COPY and ADD of a stage; equal ones are told apart by their order. */
export function stepPlaces(
  { stages }: Pick<BuildPlan, 'stages'>,
  { node, platform, state }: Pick<PlannedStage, 'node' | 'platform' | 'state'>,
): ReadonlyMap<CopyStep, Json> {
  const counts = new Map<string, number>();
  const places = new Map<CopyStep, Json>();
  for (const step of state.steps) {
    if (step.kind !== 'copy' && step.kind !== 'add') continue;
    const said = whatIsSaid(step, stages);
    const text = canonicalJson(said);
    const count = counts.get(text) ?? 0;
    counts.set(text, count + 1);
    places.set(step, [node.name, formatPlatform(platform), said, count]);
  }
  return places;
}

/** Contents are not in it: they are what changes from build to build. */
function whatIsSaid(step: CopyStep, stages: BuildPlan['stages']): Json {
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
