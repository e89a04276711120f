// The requests for a URL of a build, and the meaning of their answers. Spec: BuildKit's source/http/source.go.
import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { redactUrl } from '../../core/redact.js';
import type { Download } from '../../store/downloads.js';
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

export interface HttpSourceOptions {
  readonly url: string;
  /** Host path to write the content to; it must not exist. Removed again on failure. */
  readonly file: string;
  readonly fetch: FetchUrl;
  /** `--checksum`. */
  readonly checksum?: string | undefined;
  /** Of an earlier fetch of the same URL whose content is still there. */
  readonly known?: Download | undefined;
  /** Value for the Authorization header. */
  readonly authorization?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `unchanged`: the server says that the known content still holds; nothing was written. */
export interface HttpSource {
  readonly kind: 'fetched' | 'unchanged';
  readonly record: Download;
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
 * Fetches a URL into a file, or finds that the known content still holds.
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

/**
 * Only an ETag tells that nothing changed: a server answers 304 also for content that is older than the date it is
 * sent.
 */
function conditions(known: Download | undefined): Record<string, string> {
  return known?.etag === undefined ? {} : { 'if-none-match': known.etag };
}

function stillValid(known: Download | undefined, answer: HttpAnswer, url: string): Download {
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

function checkRecord(record: Download, checksum: Digest | undefined, url: string): Download {
  if (checksum === undefined || record.digest === checksum) return record;
  throw new TsbuildError(
    'ADD_CHECKSUM',
    `digest mismatch for ${redactUrl(url)}: ${record.digest} (expected: ${checksum})`,
    {
      hint: 'the file behind the URL is not the one the checksum was made from',
    },
  );
}

async function save(answer: HttpAnswer, { file, signal }: HttpSourceOptions): Promise<Download> {
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
