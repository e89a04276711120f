// The calls of the cache service of GitHub Actions, version 2: Twirp over JSON. Entries are immutable; a search gives
// the newest one whose key begins with a text. Sources: actions/toolkit, packages/cache/src/generated/results/api/v1;
// tonistiigi/go-actions-cache, cache_v2.go.
import { digestOf, hexOf } from '../../../core/digest.js';
import { TsbuildError } from '../../../core/errors.js';
import type { Transport } from '../../../registry/transport.js';
import type { GhaAccess } from './gha-access.js';

const SERVICE = 'twirp/github.actions.results.api.v1.CacheService';
/** Keys of other versions are other keys: the service compares it. */
const VERSION = hexOf(digestOf('tsbuild cache 1'));
const MAX_ANSWER = 64 * 1024;
/** With what the service says that the token may not write: a promise to its clients. */
const WRITE_DENIED = 'cache write denied';

export interface GhaEntry {
  readonly key: string;
  /** Good for some minutes. */
  readonly downloadUrl: string;
}

export type CreatedEntry =
  /** Where its bytes are to go. */
  | { readonly kind: 'open'; readonly uploadUrl: string }
  /** There is an entry of that key. */
  | { readonly kind: 'taken' }
  /** The token may read and not write. */
  | { readonly kind: 'denied'; readonly said: string };

export interface GhaService {
  /** The entry of that key; with `isPrefix` the newest one whose key begins so. */
  find(
    key: string,
    options: { readonly isPrefix: boolean },
    signal: AbortSignal,
  ): Promise<GhaEntry | undefined>;
  create(key: string, signal: AbortSignal): Promise<CreatedEntry>;
  finish(key: string, size: number, signal: AbortSignal): Promise<void>;
}

export interface GhaConnection {
  readonly service: GhaService;
  readonly transport: Transport;
}

type Answer = Readonly<Record<string, unknown>>;

/** All throw TsbuildError CACHE_UNAVAILABLE, REGISTRY_UNAUTHORIZED, REGISTRY_UNREACHABLE, ABORTED */
export function ghaService({ url, token }: GhaAccess, transport: Transport): GhaService {
  const call = async (
    method: string,
    message: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly answer: Answer }> => {
    const response = await transport.fetchDocument(`${url}${SERVICE}/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...message, version: VERSION }),
      // Obeys Retry-After. What comes twice is refused by the service, and that is seen below.
      isRepeatable: true,
      maxBytes: MAX_ANSWER,
      signal,
    });
    return { status: response.status, answer: parseAnswer(response.bytes) };
  };

  return {
    async find(key, { isPrefix }, signal) {
      const { status, answer } = await call(
        'GetCacheEntryDownloadURL',
        { key, restore_keys: isPrefix ? [key] : [] },
        signal,
      );
      if (status === 404) return undefined;
      if (status !== 200) throw failure('looked up', status, answer);
      const { ok, signed_download_url: downloadUrl, matched_key: matched } = answer;
      if (ok !== true || typeof downloadUrl !== 'string' || typeof matched !== 'string') return undefined;
      return isPrefix || matched === key ? { key: matched, downloadUrl } : undefined;
    },
    async create(key, signal) {
      const { status, answer } = await call('CreateCacheEntry', { key }, signal);
      const said = saidBy(answer);
      if (said.includes(WRITE_DENIED)) return { kind: 'denied', said };
      if (status === 409) return { kind: 'taken' };
      if (status !== 200) throw failure('written', status, answer);
      const { ok, signed_upload_url: uploadUrl } = answer;
      return ok === true && typeof uploadUrl === 'string' ? { kind: 'open', uploadUrl } : { kind: 'taken' };
    },
    async finish(key, size, signal) {
      const { status, answer } = await call(
        'FinalizeCacheEntryUpload',
        { key, size_bytes: `${size}` },
        signal,
      );
      if (status !== 200 || answer['ok'] !== true) throw failure('written', status, answer);
    },
  };
}

function parseAnswer(bytes: Buffer): Answer {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed as Answer;
  } catch {
    // A page of a proxy: the status says enough.
  }
  return {};
}

function saidBy({ msg, message }: Answer): string {
  const text = typeof msg === 'string' ? msg : typeof message === 'string' ? message : '';
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

function failure(done: string, status: number, answer: Answer): TsbuildError {
  const said = saidBy(answer);
  const isDenied = status === 401 || status === 403;
  const message = `the cache of GitHub Actions cannot be ${done}: ${said || `status ${status}`}`;
  const hint = isDenied
    ? 'the token of the job has expired or has no right: the next run tries again'
    : status === 429
      ? 'GitHub limits how many entries a repository writes: the next build tries again'
      : undefined;
  return new TsbuildError(isDenied ? 'REGISTRY_UNAUTHORIZED' : 'CACHE_UNAVAILABLE', message, { hint });
}
