// All HTTP of the project: redirects, retries, proxies and certificates over single exchanges.
// Invariant: Authorization and cookies go to the origin they were given for and to no other; a redirect never leads
// from https to http, nor to a link-local or metadata address (CVE-2020-15157 and its kin).
import { homedir } from 'node:os';
import { TsbuildError } from '../core/errors.js';
import { redactUrl } from '../core/redact.js';
import { createAgentPool } from './agent-pool.js';
import { certificateFolders, createCertificates } from './certificates.js';
import { exchange, type HttpResponse } from './exchange.js';
import { isForbiddenHost } from './host-kind.js';
import { isSilence, lastSilence } from './network-failure.js';
import { readCapped } from './read-capped.js';
import { backOffMs, sleep, withRetries, type Answer, type RetryPolicy } from './retry.js';

const MAX_REDIRECTS = 5;
const DOCUMENT_DEADLINE_MS = 120_000;
const ORIGIN_BOUND = new Set(['authorization', 'cookie', 'proxy-authorization']);

export interface TransportOptions {
  /** Seconds since the epoch; for dates in Retry-After. */
  readonly now: () => number;
  readonly userAgent?: string;
  /** `host[:port]` of registries whose certificates are not checked. */
  readonly insecureHosts?: readonly string[];
  /** For NODE_EXTRA_CA_CERTS and SSL_CERT_FILE; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: docker's and podman's certs.d. */
  readonly certificateFolders?: readonly string[];
  /** Default: by the proxy variables of the process. Loopback hosts are never reached through a proxy. */
  readonly proxyFor?: (url: string) => string;
  /** Longest silence of the other side; default 25 s. There is no limit on the whole of a stream. */
  readonly idleTimeoutMs?: number;
  /** Silence of all attempts of a request together; default 50 s. */
  readonly patienceMs?: number;
  /** Called once per host that has said nothing for `noticeMs`, by default 5 s. */
  readonly onSilence?: (host: string) => void;
  readonly noticeMs?: number;
  /** Connections per origin; default 8. */
  readonly maxSockets?: number;
  readonly retry?: Partial<Omit<RetryPolicy, 'now'>>;
}

export interface TransportRequest {
  /** GET and HEAD are tried again when they fail for a passing reason; POST is not, and follows no redirect. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  readonly attempts?: number | undefined;
  /** The URL was named by a server, not by the user: its host must not be link-local. */
  readonly isGuarded?: boolean;
}

/** An answer whose body has been read. */
export interface DocumentResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly url: string;
  readonly bytes: Buffer;
  discard(): Promise<void>;
}

export interface Transport {
  /** @throws TsbuildError REGISTRY_UNREACHABLE, REGISTRY_PROTOCOL, ABORTED; any status is an answer, not a failure. */
  request(url: string, request?: TransportRequest): Promise<HttpResponse>;
  /** The same with the body read, at most `maxBytes` of it; a body that breaks off is asked for again. */
  fetchDocument(
    url: string,
    request: TransportRequest & { readonly maxBytes: number },
  ): Promise<DocumentResponse>;
  /** GET for sources of a build. User info in the URL becomes an Authorization header for its origin. */
  fetchUrl(
    url: string,
    options?: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
  ): Promise<HttpResponse>;
  /** Waits as the retries of `request` do before attempt `attempt + 1`. @throws TsbuildError ABORTED */
  pause(attempt: number, signal?: AbortSignal): Promise<void>;
  /** Closes all connections. */
  dispose(): void;
}

/** Of one exchange; streams of layers have no deadline. */
interface Limits {
  readonly idleTimeoutMs: number;
  readonly deadlineMs?: number;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new TsbuildError('REGISTRY_PROTOCOL', `${redactUrl(text)} is not an http or https URL`);
}

function forbidden(url: URL, what: string): TsbuildError {
  return new TsbuildError(
    'REGISTRY_PROTOCOL',
    `${what} leads to ${redactUrl(url)}, a link-local or metadata address: refused`,
  );
}

/** The place a redirect leads to, checked; undefined when the answer is not a redirect. */
function redirectTarget(response: HttpResponse, from: URL): URL | undefined {
  const location = [301, 302, 303, 307, 308].includes(response.status)
    ? response.headers.get('location')
    : null;
  if (location === null) return undefined;
  const what = `the redirect of ${redactUrl(from)}`;
  if (!URL.canParse(location, from.href)) {
    throw new TsbuildError('REGISTRY_PROTOCOL', `${what} leads to a text that is not a URL`);
  }
  const target = parseUrl(new URL(location, from).href);
  target.username = '';
  target.password = '';
  if (isForbiddenHost(target.hostname)) throw forbidden(target, what);
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw new TsbuildError(
      'REGISTRY_PROTOCOL',
      `${what} leads from https to plain http (${redactUrl(target)}): refused`,
    );
  }
  return target;
}

function withoutOriginBound(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ORIGIN_BOUND.has(name.toLowerCase())),
  );
}

/** An object with connections and no other state; to be disposed of. */
export function createTransport(options: TransportOptions): Transport {
  const env = options.env ?? process.env;
  const folders = options.certificateFolders ?? certificateFolders(env['HOME'] || homedir());
  let proxyFromEnv: ((url: string) => string) | undefined;
  const pool = createAgentPool({
    certificates: createCertificates({ env, folders }),
    insecureHosts: options.insecureHosts ?? [],
    proxyFor: (url) => (options.proxyFor ?? proxyFromEnv)?.(url) ?? '',
    maxSockets: options.maxSockets ?? 8,
  });
  const policy: RetryPolicy = {
    attempts: 5,
    baseDelayMs: 500,
    maxDelayMs: 8000,
    maxRetryAfterMs: 60_000,
    sleep,
    now: options.now,
    ...options.retry,
  };
  const fixedHeaders = { 'user-agent': options.userAgent ?? 'tsbuild', 'accept-encoding': 'identity' };

  const silentHosts = new Set<string>();
  const noticeSilence = (host: string): void => {
    if (!silentHosts.has(host)) options.onSilence?.(host);
    silentHosts.add(host);
  };
  const exchangeWithRedirects = async (
    start: URL,
    request: TransportRequest,
    { idleTimeoutMs, deadlineMs }: Limits,
  ): Promise<HttpResponse> => {
    proxyFromEnv ??= (await import('proxy-from-env')).getProxyForUrl;
    let url = start;
    let headers: Readonly<Record<string, string>> = { ...fixedHeaders, ...request.headers };
    let isGuarded = request.isGuarded ?? false;
    for (let hop = 0; ; hop++) {
      const agent = await pool.agentFor(url, { isGuarded });
      const { body, signal, method = 'GET' } = request;
      const { host } = url;
      const response = await exchange({
        method,
        url,
        headers,
        body,
        agent,
        signal,
        idleTimeoutMs,
        deadlineMs,
        onSilence: () => noticeSilence(host),
        noticeMs: options.noticeMs,
      });
      if (body !== undefined) return response;
      const target = await settled(response, url);
      if (target === undefined) return response;
      if (hop === MAX_REDIRECTS) {
        throw new TsbuildError(
          'REGISTRY_PROTOCOL',
          `${redactUrl(start)}: more than ${MAX_REDIRECTS} redirects`,
        );
      }
      if (target.origin !== url.origin) headers = withoutOriginBound(headers);
      url = target;
      isGuarded = true;
    }
  };
  const retryPolicyFor = ({ method = 'GET', attempts }: TransportRequest): RetryPolicy => ({
    ...policy,
    attempts: method === 'POST' ? 1 : Math.min(attempts ?? policy.attempts, policy.attempts),
  });
  const startOf = (text: string, { isGuarded = false }: TransportRequest): URL => {
    const url = parseUrl(text);
    if (isGuarded && isForbiddenHost(url.hostname)) throw forbidden(url, 'the server');
    return url;
  };

  /** Tries as the policy has it, and no longer than its patience with a silent host lasts. */
  const withPatience = <T extends Answer>(
    { host }: URL,
    asked: TransportRequest,
    operation: (idleTimeoutMs: number) => Promise<T>,
  ): Promise<T> => {
    const patienceMs = options.patienceMs ?? 50_000;
    let leftMs = patienceMs;
    return withRetries(retryPolicyFor(asked), asked.signal, async () => {
      const idleTimeoutMs = Math.min(options.idleTimeoutMs ?? 25_000, leftMs);
      try {
        return await operation(idleTimeoutMs);
      } catch (error) {
        if (!isSilence(error)) throw error;
        leftMs -= idleTimeoutMs;
        throw leftMs > 0 ? error : lastSilence(error, Math.round(patienceMs / 1000), host);
      }
    });
  };
  const request: Transport['request'] = async (text, asked = {}) => {
    const url = startOf(text, asked);
    return withPatience(url, asked, (idleTimeoutMs) => exchangeWithRedirects(url, asked, { idleTimeoutMs }));
  };
  return {
    request,
    async fetchDocument(text, asked) {
      const url = startOf(text, asked);
      return withPatience(url, asked, async (idleTimeoutMs) => {
        const limits = { idleTimeoutMs, deadlineMs: DOCUMENT_DEADLINE_MS };
        const response = await exchangeWithRedirects(url, asked, limits);
        const bytes = await readCapped(response, asked.maxBytes);
        return {
          status: response.status,
          headers: response.headers,
          url: response.url,
          bytes,
          discard: async () => undefined,
        };
      });
    },
    fetchUrl(text, { headers = {}, signal } = {}) {
      const { url, authorization } = splitUserInfo(parseUrl(text));
      return request(url.href, { headers: { ...authorization, ...headers }, signal });
    },
    pause: (attempt, signal) => policy.sleep(backOffMs(policy, attempt), signal),
    dispose: () => pool.dispose(),
  };
}

/** The redirect's target with the redirect's own body given up. */
async function settled(response: HttpResponse, from: URL): Promise<URL | undefined> {
  try {
    const target = redirectTarget(response, from);
    if (target !== undefined) await response.discard();
    return target;
  } catch (error) {
    await response.discard();
    throw error;
  }
}

/** node-fetch refuses URLs with user info; curl and Go send it as Basic authorization. */
function splitUserInfo(url: URL): { url: URL; authorization: Record<string, string> } {
  if (url.username === '' && url.password === '') return { url, authorization: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return { url: plain, authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}
