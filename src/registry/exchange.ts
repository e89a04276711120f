// One HTTP request and its answer through node-fetch: no redirects, no retries, no decoding. The only file that calls
// fetch.
import type { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { toNetworkFailure } from './network-failure.js';
import { throughProxy } from './through-proxy.js';
import { openUpload, type OutgoingStream, type RequestBody } from './upload-body.js';
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
  readonly body?: string | RequestBody | undefined;
  readonly agent: Agent;
  readonly signal?: AbortSignal | undefined;
  readonly idleTimeoutMs: number;
  /** How long an answer may take once a whole body was sent, beyond `idleTimeoutMs`; by the body's size. */
  readonly answerMs?: ((size: number) => number) | undefined;
  /** Limit on the exchange, for documents; streams of layers have none. A body that is a stream is not counted. */
  readonly deadlineMs?: number | undefined;
  /** Called once when nothing has come for some seconds. */
  readonly onSilence?: (() => void) | undefined;
  readonly noticeMs?: number | undefined;
  /** Called once when the connection is of no more use to this exchange. */
  readonly onEnd?: (() => void) | undefined;
}

const SHORT_BODY = 64 * 1024;

async function* readBody(
  stream: Readable,
  watchdog: Watchdog,
  request: ExchangeRequest,
  end: () => void,
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
    stream.destroy();
    end();
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

function uploadOf(request: ExchangeRequest, watchdog: Watchdog): OutgoingStream | undefined {
  const { body, answerMs } = request;
  if (typeof body !== 'object') return undefined;
  return openUpload(body, watchdog, answerMs?.(body.size ?? 0) ?? 0);
}

function headersOf({ headers, body }: ExchangeRequest): Readonly<Record<string, string>> {
  if (typeof body !== 'object') return headers;
  // Said outright: for DELETE Node would send the bytes of an unknown length after the request, as the next one.
  const length =
    body.size === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': `${body.size}` };
  return { ...headers, ...length };
}

/** @throws TsbuildError REGISTRY_UNREACHABLE, ABORTED; and what making the body throws */
export async function exchange(request: ExchangeRequest): Promise<HttpResponse> {
  const { method, url, agent } = request;
  const watchdog = startWatchdog(request);
  const upload = uploadOf(request, watchdog);
  let isOver = false;
  const end = (): void => {
    watchdog.stop();
    upload?.release();
    if (!isOver) request.onEnd?.();
    isOver = true;
  };
  try {
    // Loaded on first use: a build that needs no network never pays for it.
    const { default: fetch } = await import('node-fetch');
    const init = {
      method,
      headers: headersOf(request),
      agent,
      redirect: 'manual',
      compress: false,
      signal: watchdog.signal,
    } as const;
    const body = upload?.stream ?? (typeof request.body === 'string' ? request.body : null);
    if (!upload) watchdog.startDeadline();
    const response = await watchdog.during(fetch(url, { ...init, body }));
    if (upload) watchdog.startDeadline();
    upload?.hold();
    const stream = response.body instanceof Readable ? response.body : Readable.from([]);
    const chunks = readBody(stream, watchdog, request, end);
    const isShort =
      method === 'HEAD' || Number(response.headers.get('content-length') ?? Infinity) <= SHORT_BODY;
    return {
      status: response.status,
      headers: response.headers,
      url: url.href,
      body: chunks,
      async discard() {
        await discardBody(chunks, stream, isShort);
        end();
      },
    };
  } catch (error) {
    end();
    if (upload?.failure !== undefined && watchdog.reason === undefined) throw upload.failure;
    throw throughProxy(toNetworkFailure(error, { method, url, reason: watchdog.reason }), agent);
  }
}
