// Where a registry says that an upload goes on: the Location of POST and PATCH (distribution-spec, "Pushing blobs").
// Invariant: the text is never put together anew, since its query may hold the state of the upload; it leads to no
// link-local address and not from https to http. Pure.
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { redactUrl } from '../../core/redact.js';
import { isForbiddenHost } from '../host-kind.js';

function refused(asked: URL, why: string): TsbuildError {
  return new TsbuildError('REGISTRY_PROTOCOL', `${redactUrl(asked)}: the place for the upload ${why}`);
}

/** A registry behind a proxy that ends TLS often calls itself by plain http: it is the same registry. */
function withSchemeOf(asked: URL, target: URL): URL {
  if (asked.protocol !== 'https:' || target.protocol !== 'http:' || target.host !== asked.host) return target;
  const same = new URL(target);
  same.protocol = 'https:';
  return same;
}

/**
 * @param asked what the registry was asked, to which a relative place is added
 * @throws TsbuildError REGISTRY_PROTOCOL
 */
export function parseLocation(location: string | null, asked: URL): URL {
  if (location === null || location === '') throw refused(asked, 'is not told');
  if (!URL.canParse(location, asked.href)) throw refused(asked, 'is not a URL');
  const target = withSchemeOf(asked, new URL(location, asked));
  if (!/^https?:$/.test(target.protocol)) throw refused(asked, 'is not an http or https URL');
  target.username = '';
  target.password = '';
  if (isForbiddenHost(target.hostname))
    throw refused(asked, `is ${target.host}, a link-local or metadata address`);
  if (asked.protocol === 'https:' && target.protocol === 'http:')
    throw refused(asked, `is ${redactUrl(target)}, plain http`);
  return target;
}

/** The URL that ends an upload. */
export function withBlobDigest(session: URL, digest: Digest): URL {
  const target = new URL(session);
  // Not by searchParams, which would write the rest of the query anew.
  target.search = `${target.search}${target.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  return target;
}
