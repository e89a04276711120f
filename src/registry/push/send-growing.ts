// A blob into its repository while it is being made: one PATCH of a length that nobody knows yet, and the PUT that
// names the digest (distribution-spec, end-5 and end-6).
// Invariant: what does not work here is no failure: the blob is put as any other when it is whole.
import { TsbuildError } from '../../core/errors.js';
import type { Digest } from '../../core/digest.js';
import type { GrowingBlob } from '../writer.js';
import { checkNamedDigest, type PushSubject } from './answer.js';
import { withBlobDigest } from './location.js';
import { receivedBytes } from './received-range.js';
import type { PushRequests } from './requests.js';
import { giveUpSession, openSession, sessionOf, type Session } from './session.js';

const OCTETS = { 'content-type': 'application/octet-stream' };
const TAKEN = new Set([200, 201, 202, 204]);

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
  if (!TAKEN.has(patched.status)) return undefined;
  const { digest, size } = await blob.whole;
  if ((receivedBytes(patched.headers.get('range'), size) ?? size) !== size) return undefined;
  const next = patched.headers.get('location') === null ? session : sessionOf(patched);
  const ended = await requests.send({
    method: 'PUT',
    place: withBlobDigest(next.url, digest),
    headers: { ...OCTETS, 'content-length': '0' },
    isRepeatable: false,
    signal,
  });
  if (!TAKEN.has(ended.status)) return undefined;
  checkNamedDigest(ended, digest, what);
  return digest;
}
