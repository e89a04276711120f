// An answer to a request of a push, read: short texts of the registry, and what they mean as an error.
import { TsbuildError } from '../../core/errors.js';
import type { Digest } from '../../core/digest.js';
import { toStatusFailure, type Login } from '../status-failure.js';

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

/** The error for an answer that is not the wanted one. */
export function toPushFailure(
  answer: PushAnswer,
  subject: PushSubject,
  login: Login | undefined,
): TsbuildError {
  return toStatusFailure(answer, { ...subject, access: 'push', login });
}

/** What registries answer to bytes that they have taken. */
export function isTaken({ status }: Pick<PushAnswer, 'status'>): boolean {
  return [200, 201, 202, 204].includes(status);
}
