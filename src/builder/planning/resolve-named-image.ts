// An image that a Dockerfile names, with the stage or the image that was meant when there is none of that name
// (BuildKit's dockerfile2llb/convert.go, resolveBaseImage).
import { TsbuildError, type SourceLocation } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { Platform } from '../../oci/platform.js';
import type { StageNode } from '../../parser/stage-node.js';
import type { Image } from '../../images/image.js';
import type { PlanTools } from '../build-tools.js';

const COMMON = ['alpine', 'busybox', 'centos', 'debian', 'golang', 'ubuntu', 'fedora'];
const COMMON_NAMES = COMMON.flatMap((name) => [name, `${name}:latest`]);

export interface NamedImage {
  readonly reference: string;
  readonly platform: Platform;
  readonly location: SourceLocation;
}

/** @param stages all of the file. @throws TsbuildError REGISTRY_*, with the place */
export async function resolveNamedImage(
  { resolveImage }: Pick<PlanTools, 'resolveImage'>,
  { reference, platform, location }: NamedImage,
  stages: readonly StageNode[],
): Promise<Image> {
  try {
    return await resolveImage(reference, platform);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    const names = [...stages.map(({ name }) => name), ...COMMON_NAMES];
    const near = didYouMean(reference, names, { isCaseSensitive: true });
    throw near === '' ? error.at(location) : error.with({ message: error.message + near, location });
  }
}
