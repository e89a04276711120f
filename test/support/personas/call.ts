// One request to a persona: what was asked, and the ways to answer. Each request leaves a line in the log.
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface LoggedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** The scheme of Authorization in lower case; undefined when there was none. */
  readonly auth: string | undefined;
  readonly contentLength: number | undefined;
  readonly contentRange: string | undefined;
  readonly transferEncoding: string | undefined;
  readonly contentType: string | undefined;
  /** Of the body, read so far. */
  bytes: number;
  /** 0 until there is an answer; stays 0 when the connection was cut. */
  status: number;
}

export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly log: LoggedRequest;
  /** The body is cut when this many bytes have come. */
  readonly cutAt: number | undefined;
}

export function logOf(request: IncomingMessage): LoggedRequest {
  const { method = '', url = '', headers } = request;
  const length = headers['content-length'];
  return {
    method,
    url,
    auth: headers.authorization?.split(' ')[0]?.toLowerCase(),
    contentLength: length === undefined ? undefined : Number(length),
    contentRange: headers['content-range'],
    transferEncoding: headers['transfer-encoding'],
    contentType: headers['content-type'],
    bytes: 0,
    status: 0,
  };
}

/** Answers; a body that was not read is read and thrown away. */
export function answerWith(
  { request, response, log }: Call,
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
  body: string | Buffer = '',
): void {
  log.status = status;
  request.resume();
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** An error as the specification has it. */
export function refuse(
  call: Call,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const message = code.toLowerCase().replaceAll('_', ' ');
  const body = JSON.stringify({ errors: [{ code, message }] });
  answerWith(call, status, { 'content-type': 'application/json', ...headers }, body);
}

/** The whole body; undefined when the connection broke, or was cut here. */
export async function readBody({ request, log, cutAt }: Call): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      log.bytes += chunk.length;
      if (cutAt !== undefined && log.bytes >= cutAt) {
        request.socket.destroy();
        return undefined;
      }
      chunks.push(chunk);
    }
  } catch {
    // The client went away in the middle.
    return undefined;
  }
  return Buffer.concat(chunks);
}
