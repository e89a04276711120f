// Attestations where they lie: in a registry or a layout, or in the store.
import type { AttestationContent } from '../attestation/read-attestations.js';
import { MAX_STATEMENT_BYTES } from '../attestation/statement.js';
import { TsbuildError } from '../core/errors.js';
import type { Digest } from '../core/digest.js';
import type { ContentOrigin } from '../export/registry/content-origin.js';
import { parseDocument } from '../registry/document.js';
import type { Store } from '../store/store.js';

export function attestationContent(origin: ContentOrigin, signal: AbortSignal): AttestationContent {
  return {
    name: origin.name,
    readManifest: async (digest) => (await origin.readManifest(digest, signal)).document,
    async readBlob(descriptor) {
      const { readSmallBlob } = await import('../export/registry/content-origin.js');
      return readSmallBlob(origin, descriptor, signal, MAX_STATEMENT_BYTES);
    },
  };
}

/** @throws TsbuildError STORE_CORRUPT for what is gone */
export function storedAttestations(store: Pick<Store, 'readSmallBlob'>, name: string): AttestationContent {
  const read = (digest: Digest): Buffer => {
    const bytes = store.readSmallBlob(digest);
    if (bytes) return bytes;
    throw new TsbuildError('STORE_CORRUPT', `${name}: ${digest} is not in the store`, {
      hint: 'build the image again',
    });
  };
  return {
    name,
    readManifest: async (digest) => parseDocument(read(digest), '', name),
    readBlob: async ({ digest }) => read(digest),
  };
}
