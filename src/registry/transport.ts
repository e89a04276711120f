// All HTTP of the project: redirects, retries, proxies and certificates over single exchanges.
// Invariant: Authorization and cookies go to the origin they were given for and to no other; a request that is not
// repeatable is sent once.
import { homedir } from 'node:os';
import { TsbuildError } from '../core/errors.js';
import { redactUrl } from '../core/redact.js';
import { createAgentPool } from './agent-pool.js';
import { certificateFolders, createCertificates } from './certificates.js';
import { exchange, type HttpResponse } from './exchange.js';
import { createLanes, laneOf } from './lanes.js';
import { isSilence, lastSilence } from './network-failure.js';
import { readCapped } from './read-capped.js';
import { assertAllowed, parseUrl, settleRedirect, withoutOriginBound } from './redirect.js';
import { backOffMs, pauseAfter, sleep, withRetries, type Answer, type RetryPolicy } from './retry.js';
import type { RequestBody } from './upload-body.js';
import { splitUserInfo } from './user-info.js';

const MAX_REDIRECTS = 5;
const DOCUMENT_DEADLINE_MS = 120_000;
/** Connections of an origin that no layer may take. */
const SMALL_SOCKETS = 4;
/** A registry may read a layer again to check it before it answers. */
const DIGEST_BYTES_PER_SECOND = 20e6;

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
  /**
   * Longest silence of the other side, be it that it does not read or does not answer; default 25 s. There is no limit
   * on the whole of a stream.
   */
  readonly idleTimeoutMs?: number;
  /** After a body was sent the silence may be longer by the time to digest it at this speed; default 20 MB a second. */
  readonly digestBytesPerSecond?: number;
  /** Silence of all attempts of a request together; default 50 s. */
  readonly patienceMs?: number;
  /** Called once per silence of a host that has said nothing for `noticeMs`, by default 5 s. */
  readonly onSilence?: (host: string) => void;
  readonly noticeMs?: number;
  /** Bodies of layers at a time per origin, each way; default 8. */
  readonly maxSockets?: number;
  readonly retry?: Partial<Omit<RetryPolicy, 'now'>>;
}

export interface TransportRequest {
  /** Redirects: see redirect.ts. Default: GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent again when it fails for a passing reason. Default: GET and HEAD are, others are not. */
  readonly isRepeatable?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each try and each redirect that is followed. */
  readonly body?: string | RequestBody;
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
  /**
   * An answer that comes before the body is read is the answer. A request that is not repeatable and breaks off fails
   * with an error of which `isTransientFailure` is true.
   * @throws TsbuildError REGISTRY_UNREACHABLE, REGISTRY_PROTOCOL, ABORTED, and what making the body throws; any status
   * is an answer, not a failure
   */
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
  /**
   * Waits as the retries of `request` do before attempt `attempt + 1`. Gives false, at once, when the answer asks for a
   * longer wait than there is patience for.
   * @throws TsbuildError ABORTED
   */
  pause(attempt: number, signal?: AbortSignal, answer?: Pick<Answer, 'headers'>): Promise<boolean>;
  /** Closes all connections. */
  dispose(): void;
}

/** Of one exchange; streams of layers have no deadline. */
interface Limits {
  readonly idleTimeoutMs: number;
  readonly deadlineMs?: number;
}

function isRepeatable({ method = 'GET', ...request }: TransportRequest): boolean {
  return request.isRepeatable ?? (method === 'GET' || method === 'HEAD');
}

/** An object with connections and no other state; to be disposed of. */
export function createTransport(options: TransportOptions): Transport {
  const env = options.env ?? process.env;
  const folders = options.certificateFolders ?? certificateFolders(env['HOME'] || homedir());
  let proxyFromEnv: ((url: string) => string) | undefined;
  const width = options.maxSockets ?? 8;
  const lanes = createLanes(width);
  const pool = createAgentPool({
    certificates: createCertificates({ env, folders }),
    insecureHosts: options.insecureHosts ?? [],
    proxyFor: (url) => (options.proxyFor ?? proxyFromEnv)?.(url) ?? '',
    maxSockets: 2 * width + SMALL_SOCKETS,
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

  const digestSpeed = options.digestBytesPerSecond ?? DIGEST_BYTES_PER_SECOND;
  const answerMs = (size: number): number => (size / digestSpeed) * 1000;
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
    const lane = laneOf(request, deadlineMs !== undefined);
    for (let hop = 0; ; hop++) {
      const agent = await pool.agentFor(url, { isGuarded });
      const { body, signal, method = 'GET' } = request;
      const { host, origin } = url;
      const response = await exchange({
        method,
        url,
        headers,
        body,
        agent,
        signal,
        idleTimeoutMs,
        answerMs,
        deadlineMs,
        onSilence: () => noticeSilence(host),
        noticeMs: options.noticeMs,
        onEnd: lane && (await lanes.enter(origin, lane, signal)),
      });
      silentHosts.delete(host);
      const target = await settleRedirect(response, url, request);
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
  const retryPolicyFor = (asked: TransportRequest): RetryPolicy => ({
    ...policy,
    attempts: isRepeatable(asked) ? Math.min(asked.attempts ?? policy.attempts, policy.attempts) : 1,
  });
  const startOf = (text: string, { isGuarded = false }: TransportRequest): URL => {
    const url = parseUrl(text);
    if (isGuarded) assertAllowed(url, 'the server');
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
    async pause(attempt, signal, answer) {
      const milliseconds = answer ? pauseAfter(answer, policy, attempt) : backOffMs(policy, attempt);
      if (milliseconds === undefined) return false;
      await policy.sleep(milliseconds, signal);
      return true;
    },
    dispose: () => pool.dispose(),
  };
}
