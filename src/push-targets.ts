// Which names an output of a build is pushed to. Pure.
import { TsbuildError } from './core/errors.js';
import { INSECURE_REGISTRIES } from './core/settings.js';
import {
  canonicalReference,
  parseImageName,
  parseReference,
  repositoryName,
  type Reference,
} from './oci/reference.js';
import type { BuildRequest, ImageOutput, OutputRequest } from './plan/request.js';

/** An image that is pushed. */
export type PushOutput = ImageOutput & { readonly push: true };

export function isPush(output: OutputRequest): output is PushOutput {
  return output.type === 'image' && output.push === true;
}

/**
 * The names without doubles, as they were given: with a tag, or without one to push by digest.
 * @throws TsbuildError OPTION_INVALID, REGISTRY_REFERENCE, OPTION_CONFLICT with BuildKit's words
 */
export function pushTargets(output: PushOutput, tags: readonly string[] = []): readonly Reference[] {
  refuseForm(output);
  const names = [...tags, ...(output.names ?? [])];
  if (names.length === 0)
    throw new TsbuildError('OPTION_INVALID', 'tag is needed when pushing to registry', {
      hint: 'name the image: -t REGISTRY/NAME:TAG',
    });
  const references = names.map(output.pushByDigest === true ? repositoryOf : parseImageName);
  return [...new Map(references.map((each) => [canonicalReference(each), each])).values()];
}

/** Signatures lie beside the image in a registry. @throws TsbuildError OPTION_CONFLICT */
export function refuseUnpushedSignature({ sign, outputs = [] }: BuildRequest): void {
  if (sign === undefined || outputs.some(isPush)) return;
  throw new TsbuildError('OPTION_CONFLICT', '--sign signs what is pushed, and nothing is', {
    hint: 'add --push',
  });
}

/** As a metadata file names them. */
export function targetName(reference: Reference): string {
  return reference.tag === undefined ? repositoryName(reference) : canonicalReference(reference);
}

/** As a metadata file names them, by all outputs that push; none without such an output. @throws as pushTargets */
export function pushedNames({ outputs = [], tags }: BuildRequest): readonly string[] {
  const names = outputs.filter(isPush).flatMap((output) => pushTargets(output, tags).map(targetName));
  return [...new Set(names)];
}

/** The environment with the registries of outputs and caches that are `insecure` among those that it lists as such. */
export function withInsecure(
  env: NodeJS.ProcessEnv,
  { outputs = [], tags, cacheFrom = [], cacheTo = [] }: BuildRequest,
): NodeJS.ProcessEnv {
  const pushed = outputs
    .filter(isPush)
    .filter(({ insecure }) => insecure === true)
    .flatMap((output) => pushTargets(output, tags).map(({ domain }) => domain));
  const cached = [...cacheFrom, ...cacheTo].flatMap(({ place }) =>
    place.type === 'registry' && place.insecure === true ? [parseReference(place.ref).domain] : [],
  );
  const domains = [...pushed, ...cached];
  if (domains.length === 0) return env;
  const listed = env[INSECURE_REGISTRIES] ? [env[INSECURE_REGISTRIES]] : [];
  return { ...env, [INSECURE_REGISTRIES]: [...listed, ...domains].join(',') };
}

function repositoryOf(name: string): Reference {
  const reference = parseReference(name);
  if (reference.tag === undefined && reference.digest === undefined) return reference;
  throw new TsbuildError(
    'OPTION_INVALID',
    `can't push tagged ref ${canonicalReference(reference)} by digest`,
    {
      hint: `write ${repositoryName(reference)}: a tag can be given to the digest later`,
    },
  );
}

function refuseForm({ ociMediaTypes, compression, annotations = [] }: PushOutput): void {
  if (ociMediaTypes !== false) return;
  const refused =
    compression === 'zstd' ? 'compression=zstd' : annotations.length > 0 ? 'annotations' : undefined;
  if (refused === undefined) return;
  throw new TsbuildError('OPTION_CONFLICT', `oci-mediatypes=false cannot be used with ${refused}`, {
    hint: 'leave oci-mediatypes out: docker 18.03 and newer read OCI media types',
  });
}
