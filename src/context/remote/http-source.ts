// ADD of a URL, and contexts given as one (BuildKit's source/http): what is asked for, what an answer means, and
// the file it becomes. The request itself is made by the function that is passed in.
import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import { fromUtf8, type ByteString } from '../../core/bytes.js';
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { redactUrl } from '../../core/redact.js';
import type { TreeNode } from '../../layer/entry.js';
import { parseChecksum } from './parse-checksum.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly url: string;
  readonly body: AsyncIterable<Buffer>;
  /** Gives up a body that is not wanted. */
  discard?(): Promise<void>;
}

/** GET with redirects followed; any status is an answer. */
export type FetchUrl = (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
) => Promise<HttpAnswer>;

/** What is worth remembering of an answer, as plain JSON. */
export interface HttpSourceRecord {
  /** Of the content. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly etag?: string;
  /** The Last-Modified header as it came. */
  readonly lastModified?: string;
}

export interface HttpSourceOptions {
  readonly url: string;
  /** Host path to write the content to; it must not exist. Removed again on failure. */
  readonly file: string;
  readonly fetch: FetchUrl;
  /** `--checksum`. */
  readonly checksum?: string | undefined;
  /** Of an earlier fetch of the same URL whose content is still there. */
  readonly known?: HttpSourceRecord | undefined;
  /** Value for the Authorization header. */
  readonly authorization?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `unchanged`: the server says that the known content still holds; nothing was written. */
export interface HttpSource {
  readonly kind: 'fetched' | 'unchanged';
  readonly record: HttpSourceRecord;
}

/** The name a URL is stored under: its last path segment, decoded, else `__unnamed__`. */
export function fileNameOfUrl(url: string): ByteString {
  const path = URL.canParse(url) ? decodePath(new URL(url).pathname) : undefined;
  const name = path === undefined ? '' : posix.basename(posix.normalize(path));
  return name === '' || name === '.' || name === '..' || name.includes('\0')
    ? fromUtf8('__unnamed__')
    : fromUtf8(name);
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not UTF-8 behind the percent signs: such a URL names no file.
    return undefined;
  }
}

/** The file as a node: 0600, owned by root, dated by Last-Modified, else 1970. `path` is where its bytes are on the host. */
export function nodeOfHttpSource(
  { digest, sizeBytes, lastModified }: HttpSourceRecord,
  path: ByteString,
): TreeNode {
  return {
    type: 'file',
    mode: 0o600,
    uid: 0,
    gid: 0,
    size: sizeBytes,
    mtime: parseHttpDate(lastModified) ?? 0,
    mtimeNsec: 0,
    content: { kind: 'file', path },
    sha256: digest.slice('sha256:'.length),
  };
}

/** Seconds since the epoch of an HTTP date (RFC 9110 section 5.6.7); undefined when it is none. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?,? /.test(text))
    return undefined;
  // asctime has no zone and means UTC.
  const milliseconds = Date.parse(/GMT$|UTC$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}

/** `HTTP_AUTH_HEADER_<host>` as it is, else `HTTP_AUTH_TOKEN_<host>` as a bearer token, else undefined. */
export function httpAuthorization(
  url: string,
  secretOf: (id: string) => string | undefined,
): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { host } = new URL(url);
  const header = secretOf(`HTTP_AUTH_HEADER_${host}`);
  if (header !== undefined) return header.trim();
  const token = secretOf(`HTTP_AUTH_TOKEN_${host}`);
  return token === undefined ? undefined : `Bearer ${token.trim()}`;
}

/**
 * Fetches a URL into a file, or finds that what is known still holds.
 * @throws TsbuildError ADD_REMOTE `invalid response status N`, ADD_CHECKSUM, ABORTED, and what `fetch` throws
 */
export async function fetchHttpSource(options: HttpSourceOptions): Promise<HttpSource> {
  const { url, known, fetch, signal } = options;
  const checksum = options.checksum === undefined ? undefined : parseChecksum(options.checksum);
  const headers = {
    ...conditions(known),
    ...(options.authorization === undefined ? {} : { authorization: options.authorization }),
  };
  const answer = await fetch(url, signal ? { headers, signal } : { headers });
  if (answer.status === 304) {
    await answer.discard?.();
    return { kind: 'unchanged', record: checkRecord(stillValid(known, answer, url), checksum, url) };
  }
  if (answer.status < 200 || answer.status >= 400) {
    await answer.discard?.();
    throw badStatus(url, answer.status);
  }
  const record = await save(answer, options);
  try {
    return { kind: 'fetched', record: checkRecord(record, checksum, url) };
  } catch (error) {
    await rm(options.file, { force: true });
    throw error;
  }
}

/** Only an ETag tells that nothing changed: a server answers 304 also for content that is older than the date it is sent. */
function conditions(known: HttpSourceRecord | undefined): Record<string, string> {
  return known?.etag === undefined ? {} : { 'if-none-match': known.etag };
}

function stillValid(known: HttpSourceRecord | undefined, answer: HttpAnswer, url: string): HttpSourceRecord {
  const etag = answer.headers.get('etag');
  // A weak tag and a strong one of the same value name the same content here: it was asked for by its tag.
  const isSame = (a: string, b: string): boolean => a.replace(/^W\//, '') === b.replace(/^W\//, '');
  if (known && (etag === null || known.etag === undefined || isSame(etag, known.etag))) return known;
  throw new TsbuildError('ADD_REMOTE', `${redactUrl(url)}: invalid not-modified ETag: ${etag ?? ''}`);
}

function badStatus(url: string, status: number): TsbuildError {
  const isAuth = status === 401 || status === 403;
  const hint = isAuth
    ? `pass a token as the secret HTTP_AUTH_TOKEN_${URL.canParse(url) ? new URL(url).host : '<host>'}`
    : 'check the URL with curl -I';
  return new TsbuildError('ADD_REMOTE', `${redactUrl(url)}: invalid response status ${status}`, { hint });
}

function checkRecord(record: HttpSourceRecord, checksum: Digest | undefined, url: string): HttpSourceRecord {
  if (checksum === undefined || record.digest === checksum) return record;
  throw new TsbuildError(
    'ADD_CHECKSUM',
    `digest mismatch for ${redactUrl(url)}: ${record.digest} (expected: ${checksum})`,
    {
      hint: 'the file behind the URL is not the one the checksum was made from',
    },
  );
}

async function save(answer: HttpAnswer, { file, signal }: HttpSourceOptions): Promise<HttpSourceRecord> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of answer.body) {
      if (signal?.aborted)
        throw new TsbuildError('ABORTED', 'the build was interrupted', { cause: signal.reason });
      hash.update(chunk);
      sizeBytes += chunk.length;
      await handle.writeFile(chunk);
    }
    await handle.close();
  } catch (error) {
    await handle.close();
    await rm(file, { force: true });
    throw error;
  }
  const [etag, lastModified] = [answer.headers.get('etag'), answer.headers.get('last-modified')];
  const digest = `sha256:${hash.digest('hex')}` as Digest;
  return {
    digest,
    sizeBytes,
    ...(etag === null ? {} : { etag }),
    ...(lastModified === null ? {} : { lastModified }),
  };
}
