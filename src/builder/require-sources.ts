// A path that a context lacks ends the build when its first slow step begins, not after the RUNs above its COPY:
// BuildKit too looks at the sources of all steps while the first ones run (solver/edge.go, slow cache keys).
import { requireSources, type SourceRequest } from '../layer/copy/select-sources.js';
import { formatPlatform } from '../oci/platform.js';
import type { TreeView } from '../layer/tree-view.js';
import type { PlannedStep, SourceRef } from '../plan/step.js';
import { whyAbsent, type FilesContext } from '../context/files-context.js';
import type { BuildPlan } from './planning/plan-build.js';
import type { BuildTools } from './build-tools.js';
import { reportStep } from '../core/step-events.js';
import { isRemoteSource } from './steps/add-remote.js';
import { copyRequest, mountRequest, withReason } from './steps/source-requests.js';

interface AskedPath {
  readonly from: SourceRef;
  /** As written. */
  readonly path: string;
  readonly request: SourceRequest;
}

/**
 * Looks for every path that a step takes from a context of files.
 * @throws TsbuildError COPY_NOT_FOUND with the place of the step
 */
export async function requireContextSources(tools: BuildTools, plan: BuildPlan): Promise<void> {
  const steps = [...plan.stages.values()].flatMap(({ state }) => state.steps);
  const views = new Map<FilesContext, TreeView>();
  const viewOf = (context: FilesContext): TreeView => {
    const view = views.get(context) ?? context.lookAgain?.() ?? context.view;
    views.set(context, view);
    return view;
  };
  await Promise.all(
    steps.flatMap((step) => askedPaths(step).map((asked) => requirePath(tools, step, asked, viewOf))),
  );
}

async function requirePath(
  tools: BuildTools,
  step: PlannedStep,
  { from, path, request }: AskedPath,
  viewOf: (context: FilesContext) => TreeView,
): Promise<void> {
  const context = await filesOf(tools, from);
  if (!context) return;
  try {
    requireSources(viewOf(context), request);
  } catch (error) {
    // The step is only shown here when it fails here.
    const id = `sources of ${tools.shared ? `${formatPlatform(tools.targetPlatform)} ` : ''}${step.name}`;
    await reportStep(tools, { id, name: step.name }, () => {
      throw withReason(error, whyAbsent(context, path), step.location);
    });
  }
}

function askedPaths(step: PlannedStep): readonly AskedPath[] {
  if (step.kind === 'workdir') return [];
  if (step.kind === 'run')
    return step.mounts.flatMap(({ mount, from }) =>
      mount.type === 'bind' ? [{ from, path: mount.source, request: mountRequest(mount.source) }] : [],
    );
  const { from } = step;
  return step.sources
    .filter((source) => !isRemoteSource(source))
    .map((path) => ({ from, path, request: copyRequest(step, path) }));
}

/** The context when it is one of files: what an image lacks is known when the image is there. */
async function filesOf(
  { contexts }: Pick<BuildTools, 'contexts'>,
  from: SourceRef,
): Promise<FilesContext | undefined> {
  if (from.kind !== 'main' && from.kind !== 'context') return undefined;
  const context = await (from.kind === 'main' ? contexts.main() : contexts.named(from.name));
  return context.kind === 'files' ? context : undefined;
}
