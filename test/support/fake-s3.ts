// A bucket in memory that is strict about what real servers are strict about: signatures of version 4 (AWS, "Create a
// signed AWS API request"), digests of bodies, conditions on writes (AWS, "Add preconditions to S3 operations"). The
// signature is computed here by other code than the one under test.
import type { ExecutionContext } from 'ava';
import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOfRequest, serveHttp } from './http-server.js';

export interface FakeObject {
  bytes: Buffer;
  etag: string;
  meta: Record<string, string>;
  /** Milliseconds since the epoch. */
  modified: number;
}

export interface FakeS3 {
  readonly url: string;
  readonly bucket: string;
  readonly objects: Map<string, FakeObject>;
  /** `PUT blobs/sha256/…` */
  readonly requests: string[];
  /** Bytes after which the next answers break off. */
  readonly cuts: number[];
  /** Answers a request in place of the server; undefined lets it pass. */
  intercept?: (request: IncomingMessage, key: string) => { status: number; body?: string } | undefined;
}

export interface FakeS3Options {
  /** `known`, as of AWS; `ignored` without a word, or `refused`. */
  readonly conditions?: 'known' | 'ignored' | 'refused';
}

export const FAKE_KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

const hex = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The Authorization that a request should have, out of its parts as they came over the wire. */
export function expectedSignature(
  request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
  },
  authorization: string,
  secret: string,
): string | undefined {
  const [, credential = '', signed = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\S+), ?SignedHeaders=(\S+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (signature === undefined) return undefined;
  const [date = '', region = '', service = ''] = credential.split('/');
  const [path = '', query = ''] = request.path.split('?');
  const canonical = [
    request.method,
    path,
    query
      .split('&')
      .filter(Boolean)
      .toSorted()
      .map((one) => (one.includes('=') ? one : `${one}=`))
      .join('&'),
    ...signed.split(';').map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signed,
    request.headers['x-amz-content-sha256'] ?? '',
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], credential, hex(canonical)].join('\n');
  const key = ['aws4_request', service, region, date].reduceRight<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key, text).toString('hex');
}

function fault(response: ServerResponse, status: number, code: string, isHead: boolean): void {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>it is ${code}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(isHead ? undefined : body);
}

/** Every signed header must be there, and all of x-amz-* must be signed. */
function isSignedRight(request: IncomingMessage): boolean {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const authorization = headers['authorization'] ?? '';
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  if (!Object.keys(headers).every((name) => !name.startsWith('x-amz-') || signed.includes(name)))
    return false;
  if (!signed.includes('host') || !authorization.includes(`Credential=${FAKE_KEYS.accessKeyId}/`))
    return false;
  const parts = { method: request.method ?? '', path: request.url ?? '', headers };
  const expected = expectedSignature(parts, authorization, FAKE_KEYS.secretAccessKey);
  return expected !== undefined && authorization.endsWith(`Signature=${expected}`);
}

export async function serveS3(
  t: ExecutionContext,
  { conditions = 'known' }: FakeS3Options = {},
): Promise<FakeS3> {
  const bucket = 'cache-bucket';
  const objects = new Map<string, FakeObject>();
  const requests: string[] = [];
  const cuts: number[] = [];
  let count = 0;

  const put = (key: string, bytes: Buffer, meta: Record<string, string>): FakeObject => {
    const object = { bytes, meta, etag: `"${hex(bytes).slice(0, 32)}-${++count}"`, modified: Date.now() };
    objects.set(key, object);
    return object;
  };
  const lateness = ({ headers }: IncomingMessage, key: string): [number, string] | undefined => {
    const wanted = headers['if-match'];
    const known = objects.get(key);
    if (wanted === undefined && headers['if-none-match'] === undefined) return undefined;
    if (conditions === 'refused') return [501, 'NotImplemented'];
    if (conditions === 'ignored') return undefined;
    if (wanted !== undefined && !known) return [404, 'NoSuchKey'];
    const isLate = wanted === undefined ? known !== undefined : known?.etag !== wanted;
    return isLate ? [412, 'PreconditionFailed'] : undefined;
  };
  const metaOf = (request: IncomingMessage): Record<string, string> =>
    Object.fromEntries(
      Object.entries(request.headers)
        .filter(([name]) => name.startsWith('x-amz-meta-'))
        .map(([name, value]) => [name, String(value)]),
    );
  const handlePut = async (
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
  ): Promise<void> => {
    const source = request.headers['x-amz-copy-source'];
    if (source !== undefined) {
      const name = decodeURIComponent(String(source)).replace(`/${bucket}/`, '');
      const known = objects.get(name);
      if (!known) return fault(response, 404, 'NoSuchKey', false);
      put(key, known.bytes, metaOf(request));
      response.end('<CopyObjectResult/>');
      return;
    }
    const bytes = await bodyOfRequest(request);
    if (request.headers['x-amz-content-sha256'] !== hex(bytes))
      return fault(response, 400, 'XAmzContentSHA256Mismatch', false);
    const late = lateness(request, key);
    if (late) return fault(response, ...late, false);
    response.writeHead(200, { etag: put(key, bytes, metaOf(request)).etag }).end();
  };
  const handleGet = (request: IncomingMessage, response: ServerResponse, key: string): void => {
    const object = objects.get(key);
    const isHead = request.method === 'HEAD';
    if (!object) return fault(response, 404, 'NoSuchKey', isHead);
    const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const bytes = object.bytes.subarray(Number(start ?? 0));
    const range =
      start === undefined
        ? {}
        : { 'content-range': `bytes ${start}-${object.bytes.length - 1}/${object.bytes.length}` };
    response.writeHead(start === undefined ? 200 : 206, {
      ...object.meta,
      ...range,
      etag: object.etag,
      'content-length': bytes.length,
      'last-modified': new Date(object.modified).toUTCString(),
    });
    const cut = isHead ? undefined : cuts.shift();
    if (cut === undefined) response.end(isHead ? undefined : bytes);
    else response.write(bytes.subarray(0, cut), () => response.destroy());
  };
  const fake: FakeS3 = { url: '', bucket, objects, requests, cuts };
  const url = await serveHttp(t, async (request, response) => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
    const isHead = request.method === 'HEAD';
    const key = path.replace(`/${bucket}/`, '');
    requests.push(`${request.method} ${key}`);
    if (!path.startsWith(`/${bucket}/`)) return fault(response, 404, 'NoSuchBucket', isHead);
    if (!isSignedRight(request)) return fault(response, 403, 'SignatureDoesNotMatch', isHead);
    const instead = fake.intercept?.(request, key);
    if (instead) {
      request.resume();
      response.writeHead(instead.status).end(isHead ? undefined : instead.body);
      return;
    }
    if (request.method === 'PUT') return handlePut(request, response, key);
    handleGet(request, response, key);
  });
  return Object.assign(fake, { url });
}
