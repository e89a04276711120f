// A blob from another repository of the same registry, without its bytes (distribution-spec, "Mounting a blob").
// Invariant: a refused mount is no failure: the blob is then sent.
import { TsbuildError } from '../../core/errors.js';
import type { Digest } from '../../core/digest.js';
import { checkNamedDigest, type PushAnswer, type PushSubject } from './answer.js';
import type { PushRequests } from './requests.js';
import { sessionOf, type Session } from './session.js';

export type MountOutcome =
  | { readonly kind: 'mounted' }
  /** The registry began an upload instead. */
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'refused' };

/** A token server that does not give the right to read the source refuses the mount as well. */
function isRefusal(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'REGISTRY_UNAUTHORIZED';
}

/** @throws TsbuildError REGISTRY_DIGEST_MISMATCH, REGISTRY_UNREACHABLE, ABORTED */
export async function mountBlob(
  requests: PushRequests,
  digest: Digest,
  {
    source,
    subject,
    signal,
  }: { readonly source: string; readonly subject: PushSubject; readonly signal: AbortSignal },
): Promise<MountOutcome> {
  const place = `blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(source)}`;
  let answer: PushAnswer;
  try {
    // With a token a 401 means that it does not serve: another one would not either.
    const isAsked = !requests.isChallenged();
    answer = await requests.send({ method: 'POST', place, source, isRepeatable: true, isAsked, signal });
  } catch (error) {
    if (isRefusal(error)) return { kind: 'refused' };
    throw error;
  }
  if (answer.status === 202) return { kind: 'session', session: sessionOf(answer) };
  if (answer.status !== 201) return { kind: 'refused' };
  checkNamedDigest(answer, digest, subject.what);
  return { kind: 'mounted' };
}
