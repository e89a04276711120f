// Which platforms a build is for, and whether its images get an index. Pure.
// Spec: BuildKit's frontend/dockerui/config.go (multi-platform).
import { parseGoBool } from '../core/go-bool.js';
import { TsbuildError } from '../core/errors.js';
import { normalizePlatform, type Platform } from '../oci/platform.js';
import type { BuildRequest } from './request.js';

export interface TargetPlatforms {
  /** At least one, in the order of the request, without doubles. Undefined: the request names none. */
  readonly platforms: readonly (Platform | undefined)[];
  readonly isIndex: boolean;
}

const MULTI_PLATFORM = 'BUILDKIT_MULTI_PLATFORM';

/**
 * @param env where `BUILDKIT_MULTI_PLATFORM` may stand too; a build argument wins
 * @throws TsbuildError OPTION_CONFLICT, OPTION_INVALID with BuildKit's words
 */
export function targetPlatforms(
  request: Pick<BuildRequest, 'platform' | 'platforms' | 'buildArgs'>,
  env: NodeJS.ProcessEnv,
): TargetPlatforms {
  const { platform, platforms = [], buildArgs } = request;
  if (platform && platforms.length > 0)
    throw new TsbuildError('OPTION_CONFLICT', 'platform and platforms cannot be used together', {
      hint: 'write all of them in platforms',
    });
  const distinct = [...new Map(platforms.map(keyed)).values()];
  const isForced = booleanOf(buildArgs?.[MULTI_PLATFORM] ?? env[MULTI_PLATFORM]);
  if (isForced === false && distinct.length > 1)
    throw new TsbuildError(
      'OPTION_CONFLICT',
      'conflicting config: returning multiple target platforms is not allowed',
      { hint: `name one platform, or leave ${MULTI_PLATFORM} out` },
    );
  return {
    platforms: distinct.length > 0 ? distinct : [platform],
    isIndex: isForced ?? distinct.length > 1,
  };
}

function keyed(platform: Platform): readonly [string, Platform] {
  const normalized = normalizePlatform(platform);
  return [JSON.stringify(normalized), normalized];
}

/** Undefined when it is not said. */
function booleanOf(text: string | undefined): boolean | undefined {
  if (!text) return undefined;
  const value = parseGoBool(text);
  if (value !== undefined) return value;
  throw new TsbuildError('OPTION_INVALID', `invalid boolean value for multi-platform: ${text}`, {
    hint: `write ${MULTI_PLATFORM}=1 or ${MULTI_PLATFORM}=0`,
  });
}
