// One HTTP request to the API of an engine on this machine or one that the user named: the only file of export/ that
// speaks HTTP. Nothing of the transport to registries is wanted here: no proxy, no redirect, no credentials.
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { errnoWords } from '../../core/errno.js';
import { TsbuildError } from '../../core/errors.js';
import type { ApiPlace } from './engine-place.js';

export interface EngineRequest {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  /** Sent in chunks, each taken when the one before has left. */
  readonly body?: AsyncIterable<Buffer>;
  readonly signal: AbortSignal;
  /** Until the answer begins; absent for an answer that may take as long as it takes. */
  readonly timeoutMs?: number;
}

export interface EngineAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Nothing that is asked for is longer. */
const MAX_ANSWER_BYTES = 16 << 20;

/**
 * An answer that comes before all of the body was sent counts; the rest is not sent then.
 * @throws TsbuildError ENGINE_UNREACHABLE when nobody answers there, ENGINE_FAILED when the connection breaks later,
 * ABORTED, and what the body throws
 */
export async function requestEngine(place: ApiPlace, request: EngineRequest): Promise<EngineAnswer> {
  const { body, signal, timeoutMs } = request;
  if (signal.aborted) throw aborted(signal);
  const connection = await connect(place, request);
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => connection.destroy(silent(place)), timeoutMs);
  const answered = answerOf(connection).finally(() => clearTimeout(timer));
  // The first failure says why; the other one follows from it.
  const sent = body ? send(connection, body) : Promise.resolve(connection.end());
  sent.catch((error: unknown) => connection.destroy(error as Error));
  try {
    return await answered;
  } catch (error) {
    throw failureOf(error, place, signal);
  } finally {
    connection.destroy();
    await sent.catch(() => undefined);
  }
}

async function connect(
  place: ApiPlace,
  { method, path, body, signal }: EngineRequest,
): Promise<ClientRequest> {
  const headers = body
    ? { 'Content-Type': 'application/x-tar', 'Transfer-Encoding': 'chunked' }
    : { 'Content-Length': '0' };
  const options: RequestOptions = {
    method,
    path,
    headers: { Host: 'engine', ...headers },
    signal,
    agent: false,
  };
  if (place.kind === 'socket')
    return (await import('node:http')).request({ ...options, socketPath: place.path });
  const { host, port, tls } = place;
  if (!tls) return (await import('node:http')).request({ ...options, host, port });
  const { ca, cert, key } = tls;
  const given = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return (await import('node:https')).request({ ...options, ...given, host, port });
}

/** Chunks are only valid until the next is asked for. */
async function send(connection: ClientRequest, body: AsyncIterable<Buffer>): Promise<void> {
  // A connection that is never made does not call back for what was written to it.
  const closed = new Promise<void>((resolve) => void connection.once('close', resolve));
  for await (const chunk of body) {
    if (connection.destroyed) return;
    // What went wrong is an event of the connection.
    const left = new Promise<void>((resolve) => void connection.write(chunk, () => resolve()));
    await Promise.race([left, closed]);
  }
  connection.end();
}

function answerOf(connection: ClientRequest): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    connection.once('response', (response: IncomingMessage) => {
      readText(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        reject,
      );
    });
    connection.once('close', () => reject(new Error('the connection was closed')));
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > MAX_ANSWER_BYTES)
      throw new TsbuildError('ENGINE_FAILED', 'the engine does not end its answer');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function silent({ label }: ApiPlace): TsbuildError {
  return new TsbuildError('ENGINE_UNREACHABLE', `${label}: the engine does not answer`);
}

function aborted(signal: AbortSignal): TsbuildError {
  return new TsbuildError('ABORTED', 'interrupted while loading the image', { cause: signal.reason });
}

const UNREACHABLE: ReadonlySet<string> = new Set([
  'ENOENT',
  'EACCES',
  'EPERM',
  'ECONNREFUSED',
  'ENOTSOCK',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

function failureOf(error: unknown, { label }: ApiPlace, signal: AbortSignal): unknown {
  if (signal.aborted) return aborted(signal);
  if (error instanceof TsbuildError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const words = WORDS[code] ?? errnoWords(error) ?? (error as Error).message;
  const isNobody = UNREACHABLE.has(code) || /TLS|CERT|SSL/.test(code);
  return new TsbuildError(isNobody ? 'ENGINE_UNREACHABLE' : 'ENGINE_FAILED', `${label}: ${words}`, {
    ...(code === 'EACCES' && { hint: ACCESS }),
    cause: error,
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOENT: 'no such socket',
  ENOTSOCK: 'not a socket',
  ECONNRESET: 'the engine closed the connection',
  EPIPE: 'the engine closed the connection',
};

const ACCESS =
  'this user may not use the engine: add it to the group of the socket (for docker: sudo usermod -aG docker $USER, then log in anew), or use podman';
