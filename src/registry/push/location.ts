// Where a registry says that an upload goes on: the Location of POST and PATCH (distribution-spec, "Pushing blobs").
// Invariant: the text is never put together anew, since its query may hold the state of the upload. Pure.
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { redactUrl } from '../../core/redact.js';
import { checkedLocation } from '../redirect.js';

/** A registry behind a proxy that ends TLS often calls itself by plain http: it is the same registry. */
function withSchemeOf(asked: URL, location: string): string {
  if (!URL.canParse(location, asked.href)) return location;
  const target = new URL(location, asked);
  const isSame = asked.protocol === 'https:' && target.protocol === 'http:' && target.host === asked.host;
  if (!isSame) return location;
  target.protocol = 'https:';
  return target.href;
}

/**
 * @param asked what the registry was asked, to which a relative place is added
 * @throws TsbuildError REGISTRY_PROTOCOL also for a place that is not to be trusted
 */
export function parseLocation(location: string | null, asked: URL): URL {
  if (location === null || location === '')
    throw new TsbuildError('REGISTRY_PROTOCOL', `${redactUrl(asked)}: the place for the upload is not told`);
  const what = `the place that ${redactUrl(asked)} names for the upload`;
  return checkedLocation(withSchemeOf(asked, location), asked, what);
}

/** The URL that ends an upload. */
export function withBlobDigest(session: URL, digest: Digest): URL {
  const target = new URL(session);
  // Not by searchParams, which would write the rest of the query anew.
  target.search = `${target.search}${target.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  return target;
}
