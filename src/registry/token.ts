// Bearer tokens (distribution/spec auth/token, auth/oauth): asking the server that a registry names for them.
// Invariant: credentials leave only for https, for the registry's own origin, between loopback addresses, or for a host
// that the user has listed as insecure; and never for a link-local address (GHSA-vh4v-2xq2-g5cg and its kin).
import { TsbuildError } from '../core/errors.js';
import { redactUrl } from '../core/redact.js';
import type { Credential } from './auth-config.js';
import { isForbiddenHost, isListedHost, isLoopbackHost } from './host-kind.js';
import { loginHint, unexpectedStatus } from './status-failure.js';
import type { DocumentResponse, Transport } from './transport.js';

export interface TokenRequest {
  /** As the registry wrote it. */
  readonly realm: string;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  /** Origin of the registry that asked. */
  readonly origin: string;
  /** For messages. */
  readonly registry: string;
  readonly insecureHosts: readonly string[];
  /** Seconds since the epoch; without it the token is taken to begin when it was asked for. */
  readonly now?: () => number;
  readonly signal?: AbortSignal | undefined;
}

export interface Token {
  readonly value: string;
  /** When a request needs another one, in seconds since the epoch by the clock of `now`. */
  readonly renewAt: number;
}

const MAX_TOKEN_BODY = 1 << 20;
const DEFAULT_LIFE_SECONDS = 60;
const MAX_LIFE_SECONDS = 24 * 3600;
/** Of its life a token is used; BuildKit's part (session/auth/authprovider). */
const USED_PART = 0.9;
/**
 * What servers say that know no POST: 404 GCR, 401 Artifactory, 400 ACR (containerd core/remotes/docker/authorizer.go),
 * 405 by RFC 9110.
 */
const NO_POST = new Set([400, 401, 404, 405]);

function refused(registry: string, realm: string, why: string, hint?: string): TsbuildError {
  const message = `failed to authorize: ${registry} names the token server ${redactUrl(realm)}: ${why}`;
  return new TsbuildError('REGISTRY_PROTOCOL', message, { hint });
}

/** @throws TsbuildError REGISTRY_PROTOCOL when the realm is no place to ask for a token */
function checkedRealm({ realm, origin, registry, insecureHosts }: TokenRequest): URL {
  const url = URL.canParse(realm, origin) ? new URL(realm, origin) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw refused(registry, realm, 'not an http or https URL');
  if (url.username !== '' || url.password !== '') throw refused(registry, realm, 'it carries user info');
  if (isForbiddenHost(url.hostname)) throw refused(registry, realm, 'a link-local or metadata address');
  const areLoopback = isLoopbackHost(url.hostname) && isLoopbackHost(new URL(origin).hostname);
  const isSafe =
    url.protocol === 'https:' || url.origin === origin || areLoopback || isListedHost(url, insecureHosts);
  if (isSafe) return url;
  throw refused(
    registry,
    realm,
    'plain http',
    `if you trust it, list ${url.host} in TSBUILD_INSECURE_REGISTRIES`,
  );
}

/** An identity token stands in the place of the password; ACR's user is written beside it, `<token>` is docker's. */
function basicPair(credential: Credential | undefined): string | undefined {
  if (credential === undefined) return undefined;
  const { username, password, identityToken } = credential;
  if (username === undefined && identityToken === undefined) return undefined;
  return `${username ?? '<token>'}:${password || (identityToken ?? '')}`;
}

function askByGet(transport: Transport, url: URL, request: TokenRequest): Promise<DocumentResponse> {
  const { service, scopes, credential, origin, signal } = request;
  const target = new URL(url);
  if (service !== undefined) target.searchParams.set('service', service);
  for (const scope of scopes) target.searchParams.append('scope', scope);
  const pair = basicPair(credential);
  const headers =
    pair === undefined ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  return transport.fetchDocument(target.href, {
    headers,
    signal,
    maxBytes: MAX_TOKEN_BODY,
    isGuarded: url.origin !== origin,
  });
}

function askByPost(
  transport: Transport,
  url: URL,
  refreshToken: string,
  request: TokenRequest,
): Promise<DocumentResponse> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'tsbuild',
    refresh_token: refreshToken,
  });
  form.set('service', request.service ?? '');
  form.set('scope', request.scopes.join(' '));
  return transport.fetchDocument(url.href, {
    method: 'POST',
    isRepeatable: true,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    signal: request.signal,
    maxBytes: MAX_TOKEN_BODY,
    isGuarded: url.origin !== request.origin,
  });
}

/** When to renew: by the server's clock when it tells one that can be right, else from now on. */
function renewalOf(fields: Readonly<Record<string, unknown>>, now: number): number {
  const asked = Number(fields['expires_in'] ?? DEFAULT_LIFE_SECONDS);
  const isUsable = Number.isFinite(asked) && asked > 0;
  const life = isUsable ? Math.min(asked, MAX_LIFE_SECONDS) : DEFAULT_LIFE_SECONDS;
  const issuedAt = typeof fields['issued_at'] === 'string' ? Date.parse(fields['issued_at']) / 1000 : NaN;
  const age = now - issuedAt;
  // Clocks differ: a token that would be from the future, or at its end before it was used, begins now.
  const isRight = age >= 0 && age < life * USED_PART;
  return (isRight ? issuedAt : now) + life * USED_PART;
}

function parseToken(bytes: Buffer, url: URL, now: number): Token {
  const bad = (why: string): TsbuildError =>
    new TsbuildError('REGISTRY_PROTOCOL', `failed to authorize: ${redactUrl(url)} ${why}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    // The cause would quote the body, which may hold a token.
    throw bad('did not answer with JSON');
  }
  const fields = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Readonly<
    Record<string, unknown>
  >;
  const value = [fields['token'], fields['access_token']].find(
    (text) => typeof text === 'string' && text !== '',
  );
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw bad('answered without a token');
  return { value, renewAt: renewalOf(fields, now) };
}

interface TokenAnswer {
  readonly answer: DocumentResponse;
  readonly method: 'GET' | 'POST';
}

async function ask(transport: Transport, url: URL, request: TokenRequest): Promise<TokenAnswer> {
  const refreshToken = request.credential?.identityToken;
  if (refreshToken !== undefined) {
    const answer = await askByPost(transport, url, refreshToken, request);
    if (!NO_POST.has(answer.status)) return { answer, method: 'POST' };
  }
  return { answer: await askByGet(transport, url, request), method: 'GET' };
}

/**
 * @throws TsbuildError REGISTRY_UNAUTHORIZED `failed to authorize: … 401 Unauthorized`, REGISTRY_PROTOCOL,
 * REGISTRY_UNREACHABLE, ABORTED
 */
export async function fetchToken(transport: Transport, request: TokenRequest): Promise<Token> {
  const url = checkedRealm(request);
  const { credential, registry, now = () => 0 } = request;
  const { answer, method } = await ask(transport, url, request);
  if (answer.status === 200) return parseToken(answer.bytes, url, now());
  const kind = basicPair(credential) === undefined ? 'anonymous token' : 'oauth token';
  const message = `failed to authorize: failed to fetch ${kind}: ${unexpectedStatus({ ...answer, method })}`;
  const isPassing = answer.status === 429 || answer.status >= 500;
  throw new TsbuildError(isPassing ? 'REGISTRY_UNREACHABLE' : 'REGISTRY_UNAUTHORIZED', message, {
    hint: isPassing ? undefined : loginHint(registry, credential),
  });
}
