// Where a server sends a client on to: redirects and the Location of an upload, checked before anything goes there.
// Invariant: never from https to http, never to a link-local or metadata address (CVE-2020-15157 and its kin), never
// with user info; Authorization and cookies stay with the origin they were given for.
import { TsbuildError } from '../core/errors.js';
import { redactUrl } from '../core/redact.js';
import { isForbiddenHost } from './host-kind.js';
import type { RequestBody } from './upload-body.js';

const ORIGIN_BOUND = new Set(['authorization', 'cookie', 'proxy-authorization']);
const ANY_REDIRECT = new Set([301, 302, 303, 307, 308]);
/** Those that keep method and body. */
const SAME_REQUEST = new Set([307, 308]);

function refused(message: string, hint?: string): TsbuildError {
  return new TsbuildError('REGISTRY_PROTOCOL', `${message}: refused`, { hint });
}

/** @throws TsbuildError REGISTRY_PROTOCOL */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new TsbuildError('REGISTRY_PROTOCOL', `${redactUrl(text)} is not an http or https URL`);
}

/** @throws TsbuildError REGISTRY_PROTOCOL when the host is link-local or a metadata service */
export function assertAllowed(url: URL, what: string): void {
  if (!isForbiddenHost(url.hostname)) return;
  throw refused(`${what} leads to ${redactUrl(url)}, a link-local or metadata address`);
}

/**
 * The place that a Location names, relative to where the answer came from. `what` is for messages: `the redirect of
 * https://…`. To be asked with `isGuarded` when its origin is another one, and then without Authorization.
 * @throws TsbuildError REGISTRY_PROTOCOL
 */
export function checkedLocation(location: string, from: URL, what: string): URL {
  if (!URL.canParse(location, from.href)) {
    throw new TsbuildError('REGISTRY_PROTOCOL', `${what} leads to a text that is not a URL`);
  }
  const target = parseUrl(new URL(location, from).href);
  target.username = '';
  target.password = '';
  assertAllowed(target, what);
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    const isSameHost = target.hostname === from.hostname;
    throw refused(
      `${what} leads from https to plain http (${redactUrl(target)})`,
      isSameHost ? `the proxy before ${from.host} is to send X-Forwarded-Proto: https to it` : undefined,
    );
  }
  return target;
}

export interface RedirectedRequest {
  readonly method?: string | undefined;
  readonly body?: string | RequestBody | undefined;
}

export interface RedirectingAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  discard(): Promise<void>;
}

/**
 * The place a redirect leads to, checked; undefined when the answer is not a redirect or not one to be followed. GET
 * and HEAD follow all of them. Other methods follow 307 and 308, which keep method and body: 301, 302 and 303 would
 * make a GET of them (as Go's client does), whose 200 says nothing about what was to be written. A body of text stays
 * where it was sent: a form may hold a secret.
 * @throws TsbuildError REGISTRY_PROTOCOL
 */
function redirectTarget(
  answer: RedirectingAnswer,
  from: URL,
  { method = 'GET', body }: RedirectedRequest,
): URL | undefined {
  if (typeof body === 'string') return undefined;
  const followed = method === 'GET' || method === 'HEAD' ? ANY_REDIRECT : SAME_REQUEST;
  const location = followed.has(answer.status) ? answer.headers.get('location') : null;
  return location === null
    ? undefined
    : checkedLocation(location, from, `the redirect of ${redactUrl(from)}`);
}

/** The same, with the redirect's own body given up. */
export async function settleRedirect(
  answer: RedirectingAnswer,
  from: URL,
  request: RedirectedRequest,
): Promise<URL | undefined> {
  try {
    const target = redirectTarget(answer, from, request);
    if (target !== undefined) await answer.discard();
    return target;
  } catch (error) {
    await answer.discard();
    throw error;
  }
}

/** The headers that may go to another origin. */
export function withoutOriginBound(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ORIGIN_BOUND.has(name.toLowerCase())),
  );
}
