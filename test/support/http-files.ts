// A web server of single files on loopback that answers conditional requests and counts what it was asked.
import type { ExecutionContext } from 'ava';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  readonly body: string | Buffer;
  readonly status?: number;
  /** Default: made from the body; null: none is sent. */
  readonly etag?: string | null;
  readonly lastModified?: string;
  /** The Authorization header that is asked for. */
  readonly authorization?: string;
  /** Sends half of the body and then nothing. */
  readonly isStalled?: boolean;
}

export interface HttpFiles {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  readonly files: Map<string, ServedFile>;
  /** `200 /path` of every answer so far. */
  readonly answers: string[];
  /** Resolves when the server is asked for that path. */
  asked(path: string): Promise<void>;
}

/** @param files By path with its leading slash. */
export async function serveFiles(
  t: ExecutionContext,
  files: Readonly<Record<string, ServedFile>>,
): Promise<HttpFiles> {
  const served = new Map(Object.entries(files));
  const answers: string[] = [];
  const waiting = new Map<string, () => void>();
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const status = answer(request, response, served.get(path));
    answers.push(`${status} ${path}`);
    waiting.get(path)?.();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    files: served,
    answers,
    asked: (path) => new Promise((resolve) => waiting.set(path, resolve)),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, file: ServedFile | undefined): number {
  if (!file) return end(response, 404, 'there is no such file');
  if (file.authorization !== undefined && request.headers.authorization !== file.authorization)
    return end(response, 401, 'who are you?');
  const body = Buffer.from(file.body);
  const etag =
    file.etag === undefined ? `"${createHash('sha256').update(body).digest('hex').slice(0, 12)}"` : file.etag;
  if (etag !== null) response.setHeader('ETag', etag);
  if (file.lastModified !== undefined) response.setHeader('Last-Modified', file.lastModified);
  const { 'if-none-match': tag, 'if-modified-since': since } = request.headers;
  const isKnown = tag === undefined ? isNotNewer(file, since) : etag !== null && tag === etag;
  if (isKnown) return end(response, 304);
  if (!file.isStalled) return end(response, file.status ?? 200, body);
  response.writeHead(200, { 'Content-Length': body.length });
  response.write(body.subarray(0, body.length / 2));
  return 200;
}

/** As servers of static files have it: whatever is not newer than the date asked about counts as unchanged. */
function isNotNewer({ lastModified }: ServedFile, since: string | undefined): boolean {
  if (since === undefined || lastModified === undefined) return false;
  return Date.parse(lastModified) <= Date.parse(since);
}

function end(response: ServerResponse, status: number, body?: string | Buffer): number {
  response.writeHead(status, body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
  return status;
}
