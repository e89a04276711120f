// A blob into its repository while it is being made: one PATCH of a length that nobody knows yet, and the PUT that
// names the digest (distribution-spec, end-5 and end-6).
// Invariant: what does not work here is no failure: the blob is put as any other when it is whole.
import { TsbuildError } from '../../core/errors.js';
import type { Digest } from '../../core/digest.js';
import type { GrowingBlob } from '../writer.js';
import { checkNamedDigest, isTaken, type PushSubject } from './answer.js';
import type { PushRequests } from './requests.js';
import { finishUpload, hasAll, nextPlace, OCTETS } from './send-body.js';
import { giveUpSession, openSession, type Session } from './session.js';

/** The digest of the blob that the repository has; undefined when it has none. @throws TsbuildError ABORTED */
export async function sendGrowing(
  requests: PushRequests,
  subject: PushSubject,
  blob: GrowingBlob,
  signal: AbortSignal,
): Promise<Digest | undefined> {
  let session: Session | undefined;
  try {
    session = await openSession(requests, subject, signal);
    const digest = await sendThrough(requests, session, subject, { blob, signal });
    if (digest === undefined) await giveUpSession(requests, session, signal);
    return digest;
  } catch (error) {
    if (signal.aborted || !(error instanceof TsbuildError)) throw error;
    if (session) await giveUpSession(requests, session, signal);
    return undefined;
  }
}

async function sendThrough(
  requests: PushRequests,
  session: Session,
  { what }: PushSubject,
  { blob, signal }: { readonly blob: GrowingBlob; readonly signal: AbortSignal },
): Promise<Digest | undefined> {
  const patched = await requests.send({
    method: 'PATCH',
    place: session.url,
    headers: OCTETS,
    body: { size: undefined, open: () => blob.open(signal) },
    isRepeatable: false,
    signal,
  });
  if (!isTaken(patched)) return undefined;
  const { digest, size } = await blob.whole;
  if (!hasAll(patched, size)) return undefined;
  const ended = await finishUpload(requests, nextPlace(patched, session), digest, signal);
  if (!isTaken(ended)) return undefined;
  checkNamedDigest(ended, digest, what);
  return digest;
}
