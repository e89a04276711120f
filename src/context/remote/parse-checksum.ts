// ADD --checksum of a URL, read as opencontainers/go-digest reads a digest; of its algorithms only sha256 can be had here.
import { isDigest, type Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';

const FORM = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

/** @throws TsbuildError ADD_CHECKSUM in BuildKit's words */
export function parseChecksum(text: string): Digest {
  if (isDigest(text)) return text;
  throw new TsbuildError('ADD_CHECKSUM', faultOf(text), { hint: 'write --checksum=sha256:<64 hex digits>' });
}

function faultOf(text: string): string {
  const separator = text.indexOf(':');
  const isSha256 = text.startsWith('sha256:') && text !== 'sha256:';
  if (separator <= 0 || (!isSha256 && !FORM.test(text))) return 'invalid checksum digest format';
  if (!isSha256) return 'unsupported digest algorithm';
  const hasLength = Buffer.byteLength(text) === 'sha256:'.length + 64;
  return hasLength ? 'invalid checksum digest format' : 'invalid checksum digest length';
}
