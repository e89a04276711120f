// Whether anything is to be said of a build beside its images; what says it is loaded only then.
import type { BuildClaims, ClaimsInput } from './build-claims.js';
import { TsbuildError } from './core/errors.js';
import { metadataMode } from './metadata-mode.js';
import type { BuildRequest } from './plan/request.js';

/** Whether something is to lie beside the images. */
export function isAttested({ provenance, isSbomWanted }: BuildRequest): boolean {
  return provenance !== undefined || isSbomWanted === true;
}

/** Undefined when nobody asks: neither an output nor a metadata file. */
export async function openClaims(
  request: BuildRequest,
  input: ClaimsInput,
): Promise<BuildClaims | undefined> {
  if (!isAttested(request) && metadataMode(request, input.env) === undefined) return undefined;
  return (await import('./build-claims.js')).createClaims(input);
}

/**
 * What some outputs have no place for is refused before anything is done.
 * @throws TsbuildError OPTION_UNSUPPORTED with the words of buildx and BuildKit
 */
export function refuseUnattestable(request: BuildRequest): void {
  if (!isAttested(request)) return;
  for (const output of request.outputs ?? []) {
    if (output.type === 'docker')
      throw new TsbuildError(
        'OPTION_UNSUPPORTED',
        output.dest === undefined
          ? 'docker exporter does not currently support exporting manifest lists'
          : 'docker exporter does not support exporting manifest lists, use the oci exporter instead',
        { hint: 'write type=oci or push the image, or leave --provenance, --sbom and --attest out' },
      );
    if (output.type === 'image' && output.ociMediaTypes === false)
      throw new TsbuildError('OPTION_UNSUPPORTED', 'cannot export attestations with "oci-mediatypes=false"', {
        hint: 'leave oci-mediatypes out, or --provenance, --sbom and --attest',
      });
  }
}
