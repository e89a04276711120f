// An http(s) URL of a build: asked for on condition that it has changed, spooled, kept in the store's downloads.
// Spec: BuildKit's source/http/source.go; RFC 9110 section 13 for the conditions.
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import { redactUrl } from '../../core/redact.js';
import { fetchHttpSource, httpAuthorization, type FetchUrl } from './http-source.js';
import { commitFile, storeWriteError } from '../../store/durable-write.js';
import { downloadPath, putDownload, readDownload, touchDownload } from '../../store/downloads.js';
import { reportBytes } from '../../core/report-bytes.js';
import { reportStep } from '../../core/step-events.js';
import type { LocalDownload, RemoteOptions } from './remote-sources.js';

export function downloadUrl(
  options: RemoteOptions,
  url: string,
  checksum: string | undefined,
): Promise<LocalDownload> {
  checkUrl(url);
  const name = `[internal] fetch ${redactUrl(url)}`;
  return reportStep(options, { id: `${name} ${checksum ?? ''}`, name }, ({ id }) =>
    fetchOrReuse(options, { url, checksum, id }),
  );
}

interface Job {
  readonly url: string;
  readonly checksum: string | undefined;
  /** Of the displayed step. */
  readonly id: string;
}

async function fetchOrReuse(options: RemoteOptions, job: Job): Promise<LocalDownload> {
  const { store, signal } = options;
  const { url, checksum } = job;
  const temporary = store.temporaryPath();
  try {
    const known = readDownload(store.paths, url);
    const authorization = httpAuthorization(url, (id) => options.secrets.read(id)?.toString('utf8'));
    const { kind, record } = await fetchHttpSource({
      url,
      file: temporary,
      fetch: fetcher(options, job),
      checksum,
      known,
      authorization,
      signal,
    });
    const path = downloadPath(store.paths, record.digest);
    if (kind === 'fetched') keep(temporary, path);
    if (kind === 'fetched') putDownload(store.paths, url, record);
    touchDownload(store.paths, record, options.now());
    return { ...record, path };
  } catch (error) {
    throw asRemoteFailure(storeWriteError(error, temporary));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Complete on disk before it has its name. */
function keep(temporary: string, path: string): void {
  const fd = openSync(temporary, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  commitFile(temporary, path);
}

/** The transport's request, with its progress shown. */
function fetcher(options: RemoteOptions, { id }: Job): FetchUrl {
  return async (url, asked) => {
    const answer = await (await options.transport()).fetchUrl(url, asked);
    const length = Number(answer.headers.get('content-length') ?? NaN);
    const total = Number.isSafeInteger(length) ? length : undefined;
    return { ...answer, body: reportBytes(options, answer.body, { id, item: 'content', total }) };
  };
}

/** @throws TsbuildError ADD_REMOTE for a text that is no URL, or one whose user info cannot be decoded */
function checkUrl(text: string): void {
  try {
    const { username, password } = new URL(text);
    decodeURIComponent(username + password);
  } catch (error) {
    const hint = 'write https://host/path, with special characters percent-encoded';
    throw new TsbuildError('ADD_REMOTE', `${redactUrl(text)}: invalid URL`, { hint, cause: error });
  }
}

/** To the user a URL is no registry, although the same transport asks for both. */
function asRemoteFailure(error: unknown): unknown {
  if (!(error instanceof TsbuildError) || !error.code.startsWith('REGISTRY_')) return error;
  return error.with({ code: 'ADD_REMOTE', hint: error.hint ?? 'check the URL with curl -I' });
}
