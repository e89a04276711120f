// The plans of a build, one for each platform, made and executed side by side. Each has tools of its own that know its
// platform; contexts, caches, layers and the sandbox are those of the build.
import type { BuildTools } from './builder/build-tools.js';
import { executePlan } from './builder/execute-plan.js';
import { planBuild, type BuildPlan } from './builder/planning/plan-build.js';
import { requireEmulators } from './builder/require-emulators.js';
import { requireSecrets } from './builder/secrets/require-secrets.js';
import { TsbuildError } from './core/errors.js';
import { createOnce } from './core/once.js';
import type { Layer } from './images/layer.js';
import { formatPlatform, type Platform } from './oci/platform.js';
import type { Dockerfile } from './parser/instruction.js';

export interface PlannedPlatform {
  readonly tools: BuildTools;
  readonly plan: BuildPlan;
}

/**
 * One plan for each platform, in their order.
 * @param platforms undefined for the platform that the tools are for
 * @throws TsbuildError as planBuild, requireSecrets and requireEmulators, which names the platform when there are
 * several
 */
export function planPlatforms(
  tools: BuildTools,
  dockerfile: Dockerfile,
  platforms: readonly (Platform | undefined)[],
): Promise<readonly PlannedPlatform[]> {
  const shared = { steps: createOnce<string, Layer>() };
  return Promise.all(
    platforms.map(async (platform) => {
      const own: BuildTools = {
        ...tools,
        ...(platform && { targetPlatform: platform, request: { ...tools.request, platform } }),
        ...(platforms.length > 1 && { isPlatformShown: true, shared }),
      };
      return namingPlatform(own, async () => {
        const plan = await planBuild(own, dockerfile);
        requireSecrets(own, plan);
        await requireEmulators(own, plan);
        return { tools: own, plan };
      });
    }),
  );
}

/**
 * The layers of the image of each platform, bottom first.
 * @throws TsbuildError of the first step that failed; ending the others is the caller's
 */
export function executePlatforms(
  planned: readonly PlannedPlatform[],
  onLayer: BuildTools['onLayer'],
): Promise<readonly (readonly Layer[])[]> {
  return Promise.all(
    planned.map(({ tools, plan }) =>
      namingPlatform(tools, () => executePlan({ ...tools, ...(onLayer && { onLayer }) }, plan)),
    ),
  );
}

async function namingPlatform<T>(
  { isPlatformShown, targetPlatform }: BuildTools,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isPlatformShown !== true || !(error instanceof TsbuildError) || error.code === 'ABORTED') throw error;
    throw error.with({ message: `${formatPlatform(targetPlatform)}: ${error.message}` });
  }
}
