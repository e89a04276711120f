// One HTTP request and its answer through node-fetch: no redirects, no retries, no decoding. The only file that calls
// fetch.
import type { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { toNetworkFailure } from './network-failure.js';
import { throughProxy } from './through-proxy.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

export interface HttpResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /**
   * The bytes as sent, once. Throws REGISTRY_UNREACHABLE when the connection breaks or falls silent, ABORTED when
   * canceled.
   */
  readonly body: AsyncIterable<Buffer>;
  /** Gives the body up: a short one is read so that the connection can be used again. Never throws. */
  discard(): Promise<void>;
}

export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly agent: Agent;
  readonly signal?: AbortSignal | undefined;
  readonly idleTimeoutMs: number;
  /** Limit on the whole exchange, for documents; streams of layers have none. */
  readonly deadlineMs?: number | undefined;
  /** Called once when nothing has come for some seconds. */
  readonly onSilence?: (() => void) | undefined;
  readonly noticeMs?: number | undefined;
}

const SHORT_BODY = 64 * 1024;

async function* readBody(
  stream: Readable,
  watchdog: Watchdog,
  request: ExchangeRequest,
): AsyncGenerator<Buffer> {
  const chunks = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next: IteratorResult<unknown> = await watchdog.during(chunks.next());
      if (next.done) return;
      const chunk = Buffer.isBuffer(next.value) ? next.value : Buffer.from(String(next.value));
      watchdog.received(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw toNetworkFailure(error, { ...request, reason: watchdog.reason });
  } finally {
    watchdog.stop();
    stream.destroy();
  }
}

async function discardBody(body: AsyncIterable<Buffer>, stream: Readable, isShort: boolean): Promise<void> {
  if (isShort) {
    try {
      for await (const chunk of body) if (chunk.length > SHORT_BODY) break;
    } catch {
      // Nobody wants this body: that it broke off changes nothing.
    }
  }
  stream.destroy();
}

/** @throws TsbuildError REGISTRY_UNREACHABLE, ABORTED */
export async function exchange(request: ExchangeRequest): Promise<HttpResponse> {
  // Loaded on first use: a build that needs no network never pays for it.
  const { default: fetch } = await import('node-fetch');
  const { method, url, headers, agent } = request;
  const watchdog = startWatchdog(request);
  try {
    const init = {
      method,
      headers,
      agent,
      redirect: 'manual',
      compress: false,
      signal: watchdog.signal,
    } as const;
    const body = request.body === undefined ? {} : { body: request.body };
    const response = await watchdog.during(fetch(url, { ...init, ...body }));
    const stream = response.body instanceof Readable ? response.body : Readable.from([]);
    const chunks = readBody(stream, watchdog, request);
    const isShort =
      method === 'HEAD' || Number(response.headers.get('content-length') ?? Infinity) <= SHORT_BODY;
    return {
      status: response.status,
      headers: response.headers,
      url: url.href,
      body: chunks,
      async discard() {
        await discardBody(chunks, stream, isShort);
        watchdog.stop();
      },
    };
  } catch (error) {
    watchdog.stop();
    throw throughProxy(toNetworkFailure(error, { method, url, reason: watchdog.reason }), agent);
  }
}
