// `bake`: several targets at once.
import { filledText, object } from '../argument-checks.js';
import { bakeTargets, type BakeResult } from '../bake.js';
import type { BuildOptions } from '../build-options.js';
import { requestOfTarget } from '../target-request.js';
import { READ_TARGETS, resolveRequest, type ReadTargetsRequest } from './read-targets.js';

export interface BakeRequest extends ReadTargetsRequest {
  /** Where what buildx calls metadata is written: an object for each target, by its name. */
  readonly metadataFile?: string;
}

export type { BakeResult };

const bakeRequest = object({ ...READ_TARGETS, metadataFile: filledText });

/**
 * Builds targets on one store, with one sandbox; what several of them need is built once. After the first failure the
 * others end.
 * @throws TsbuildError as readTargets, and as build, with the name of the target
 */
export async function bake(request: BakeRequest = {}, options: BuildOptions = {}): Promise<BakeResult> {
  bakeRequest(request, 'request');
  const { env = process.env } = options;
  const { allow = [], metadataFile } = request;
  const { targets } = await resolveRequest(request, options);
  const jobs = targets.map((target) => ({
    name: target.name,
    isLinked: target.isLinked,
    request: requestOfTarget(target, { env, allow }),
  }));
  return bakeTargets(jobs, { ...(metadataFile !== undefined && { metadataFile }) }, options);
}
