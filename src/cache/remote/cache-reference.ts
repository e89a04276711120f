// Where in a registry the cache of a scope lies. Pure.
import { TsbuildError } from '../../core/errors.js';
import { DEFAULT_TAG, familiarReference, parseReference, type Reference } from '../../oci/reference.js';
import { DEFAULT_SCOPE, tagOfScope } from './scope-tag.js';

/**
 * @param ref `registry.example/app-cache`, with the scope as its tag when none is given
 * @throws TsbuildError REGISTRY_REFERENCE, OPTION_CONFLICT when two scopes are named
 */
export function cacheReference(ref: string, scope: string | undefined): Reference {
  const reference = parseReference(ref);
  const { tag, digest } = reference;
  if (tag === undefined && digest === undefined)
    return { ...reference, tag: tagOfScope(scope ?? DEFAULT_SCOPE) };
  if (scope === undefined || scope === tag) return reference;
  throw new TsbuildError(
    'OPTION_CONFLICT',
    `${familiarReference(reference)} names a cache, and scope=${scope} another one`,
    { hint: 'leave the tag of ref out, or scope' },
  );
}

/**
 * The cache beside the first of the images that are pushed. With a scope each scope has its own.
 * @throws TsbuildError OPTION_INVALID when none is pushed
 */
export function besideImage([first]: readonly string[], scope: string | undefined): Reference {
  if (first === undefined)
    throw new TsbuildError('OPTION_INVALID', 'a cache of type=inline lies beside an image that is pushed', {
      hint: 'add --push, or use type=registry,ref=REPOSITORY:TAG',
    });
  const { domain, path, tag = DEFAULT_TAG } = parseReference(first);
  return { domain, path, tag: tagOfScope(`${scope ?? tag}-cache`) };
}
