// An answer to a request of a push, read: short texts of the registry, and what they mean as an error.
import { TsbuildError } from '../../core/errors.js';
import type { Digest } from '../../core/digest.js';
import { toStatusFailure } from '../status-failure.js';

export interface PushAnswer {
  readonly method: string;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Where it came from, after redirects. */
  readonly url: string;
  /** The start of the body. */
  readonly bytes: Uint8Array;
}

/** What was to be written where, for messages. */
export interface PushSubject {
  /** `localhost:5000/x@sha256:…` or `localhost:5000/x:1` */
  readonly what: string;
  readonly registry: string;
}

/** The codes of the errors in the body (distribution-spec, "Error Codes"); none when it is no such text. */
export function errorCodes({ bytes }: Pick<PushAnswer, 'bytes'>): readonly string[] {
  try {
    const { errors } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { errors?: unknown };
    if (!Array.isArray(errors)) return [];
    return errors
      .map((error: unknown) => (error as { code?: unknown } | null)?.code)
      .filter((code) => typeof code === 'string');
  } catch {
    // A proxy's page.
    return [];
  }
}

/**
 * A registry need not name the digest of what it took; when it does, it must be this one.
 * @throws TsbuildError REGISTRY_DIGEST_MISMATCH
 */
export function checkNamedDigest(
  { headers }: Pick<PushAnswer, 'headers'>,
  digest: Digest,
  what: string,
): void {
  const named = headers.get('docker-content-digest');
  if (named === null || named === digest) return;
  throw new TsbuildError(
    'REGISTRY_DIGEST_MISMATCH',
    `${what}: the registry says that it has ${JSON.stringify(named.slice(0, 100))}, not ${digest}`,
  );
}

const IMMUTABLE = /immutable|cannot be overwritten|already exists/i;

function hintFor({ status, bytes }: PushAnswer, { registry }: PushSubject): string | undefined {
  if (status === 404) return `create the repository at ${registry}, or check its name`;
  if (status === 413)
    return 'a proxy before the registry limits the size of requests: set TSBUILD_PUSH_CHUNK, for example to 16m';
  if (status === 429) return `${registry} limits how much may be asked: log in, or wait`;
  if (status >= 500) return `${registry} fails at the moment: push again, what it has is not sent twice`;
  return IMMUTABLE.test(Buffer.from(bytes).toString('utf8')) ? 'push to another tag' : undefined;
}

/** The error for an answer that is not the wanted one. */
export function toPushFailure(answer: PushAnswer, subject: PushSubject): TsbuildError {
  const failure = toStatusFailure(answer, { ...subject, access: 'push' });
  const hint = hintFor(answer, subject);
  return hint === undefined ? failure : failure.with({ hint });
}
