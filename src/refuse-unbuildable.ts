// What is refused of a request before anything is opened or built.
import type { BuildOptions } from './build-options.js';
import { TsbuildError } from './core/errors.js';
import { parseSize } from './core/parse-size.js';
import { STORE_MAX } from './core/settings.js';
import { refuseUnattestable } from './open-claims.js';
import type { BuildRequest } from './plan/request.js';
import { pushedNames, refuseUnpushedSignature } from './push-targets.js';

/** @param request validated. @throws TsbuildError OPTION_*, OUTPUT_FAILED */
export async function refuseUnbuildable(request: BuildRequest, options: BuildOptions): Promise<void> {
  const { env = process.env } = options;
  refuseNameless(request);
  refuseUnattestable(request);
  refuseUnpushedSignature(request);
  await refuseUnwritable(request, options.cwd ?? process.cwd());
  if (env[STORE_MAX]) parseSize(env[STORE_MAX], STORE_MAX);
}

/** Before anything is done: a build that cannot push what it makes is no build. */
function refuseNameless(request: BuildRequest): void {
  pushedNames(request);
}

async function refuseUnwritable(request: BuildRequest, cwd: string): Promise<void> {
  const { outputs = [], iidFile, metadataFile, report: page } = request;
  const files = [iidFile, metadataFile, page].filter((file) => file !== undefined);
  if (outputs.length === 0 && files.length === 0) return;
  (await import('./try-outputs.js')).tryOutputs(request, cwd);
}

/** Docker's archives have one platform. Which engine takes an index is known when it is asked. */
export function refuseManifestLists({ outputs = [] }: BuildRequest): void {
  if (
    !outputs.some(({ type, ...output }) => type === 'docker' && 'dest' in output && output.dest !== undefined)
  )
    return;
  throw new TsbuildError(
    'OPTION_UNSUPPORTED',
    'docker exporter does not currently support exporting manifest lists',
    { hint: 'write type=oci, push, or build one platform at a time' },
  );
}
