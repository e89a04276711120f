// What code may write in the place of a build request: platforms as texts too.
import { TsbuildError } from './core/errors.js';
import { parsePlatform, platformOfNode, type Platform } from './oci/platform.js';
import type { BuildRequest } from './plan/request.js';
import { fail } from './argument-checks.js';

/** A platform, or as `linux/arm64`. */
export type GivenPlatform = Platform | string;

export interface GivenRequest extends Omit<BuildRequest, 'platform' | 'platforms'> {
  /** What is built, and what the image is said to be for: `linux/arm64`. Default that of this machine. */
  readonly platform?: GivenPlatform;
  /** An image for each, under one index. */
  readonly platforms?: readonly GivenPlatform[];
}

/** @param given whose shape was checked. @throws TsbuildError OPTION_INVALID for a platform that is none */
export function plainRequest(given: GivenRequest): BuildRequest {
  const { platform, platforms, ...rest } = given;
  if (typeof platform !== 'string' && !platforms?.some((each) => typeof each === 'string'))
    return given as BuildRequest;
  return {
    ...rest,
    ...(platform !== undefined && { platform: plainPlatform(platform, 'request.platform') }),
    ...(platforms && {
      platforms: platforms.map((each, at) => plainPlatform(each, `request.platforms[${at}]`)),
    }),
  };
}

function plainPlatform(given: GivenPlatform, name: string): Platform {
  if (typeof given !== 'string') return given;
  try {
    return parsePlatform(given, platformOfNode(process.arch));
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    return fail(name, given, 'a platform, such as linux/arm64');
  }
}
