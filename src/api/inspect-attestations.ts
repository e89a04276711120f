// `tsbuild inspect --provenance` and `--sbom`: what attestations say of an image of the store, or else of a registry.
import { readAttestations, type Attestations } from '../attestation/read-attestations.js';
import type { BuildOptions } from '../build-options.js';
import { TsbuildError } from '../core/errors.js';
import { findLocalImage, type FoundImage } from '../images/local-image.js';
import { parseLayoutReference } from '../oci/layout-reference.js';
import { parseReference, repositoryName } from '../oci/reference.js';
import type { Store } from '../store/store.js';
import { attestationContent, storedAttestations } from './attestation-content.js';
import { onEngine } from './on-engine.js';
import { openOrigin } from './open-origin.js';
import { inspectAttestationsRequest } from './request-checks.js';

export interface InspectAttestationsRequest {
  /** A name or digest of an image of the store, a reference, or `oci-layout://PATH[:TAG|@DIGEST]`. */
  readonly name: string;
  /** What is read; the rest is empty. */
  readonly kinds: readonly ('provenance' | 'sbom')[];
}

/**
 * Signatures are not verified.
 * @throws TsbuildError REGISTRY_*, IMAGE_INVALID, CONTEXT_*, OPTION_INVALID, STORE_CORRUPT, ABORTED
 */
export function inspectAttestations(
  request: InspectAttestationsRequest,
  options: BuildOptions = {},
): Promise<Attestations> {
  inspectAttestationsRequest(request, 'request');
  const { name, kinds } = request;
  return onEngine(options, async (open) => {
    const { store } = open.engine;
    const wanted = new Set(kinds);
    const local = findHere(store, name);
    const elsewhere = local ? inRegistry(local) : name;
    if (local && elsewhere === undefined) {
      const content = storedAttestations(store, name);
      return readAttestations(await content.readManifest(local.manifest.digest), content, wanted);
    }
    const { origin } = await openOrigin(elsewhere ?? name, open);
    const content = attestationContent(origin, open.signal);
    return readAttestations((await origin.resolve(open.signal)).document, content, wanted);
  });
}

function findHere(store: Store, name: string): FoundImage | undefined {
  if (parseLayoutReference(name)) return undefined;
  try {
    return findLocalImage(store, name);
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** An image that was pulled is in the store without the index that has its attestations. */
function inRegistry({ names, manifest }: FoundImage): string | undefined {
  const pulled = names.find(({ registryDigest }) => registryDigest && registryDigest !== manifest.digest);
  if (pulled?.name === undefined) return undefined;
  return `${repositoryName(parseReference(pulled.name))}@${pulled.registryDigest}`;
}
