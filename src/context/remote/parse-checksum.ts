// ADD --checksum of a URL.
import { digestFault, isDigest, type Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';

/** @throws TsbuildError ADD_CHECKSUM in BuildKit's words, which are those of opencontainers/go-digest */
export function parseChecksum(text: string): Digest {
  if (isDigest(text)) return text;
  const hint = 'write --checksum=sha256:<64 hex digits>';
  throw new TsbuildError('ADD_CHECKSUM', digestFault(text), { hint });
}
