// Upload sessions: opened by a POST, given up by a DELETE (distribution-spec, end-4a and end-14).
import { TsbuildError } from '../../core/errors.js';
import { toPushFailure, type PushAnswer, type PushSubject } from './answer.js';
import { parseLocation } from './location.js';
import type { PushRequests } from './requests.js';

export interface Session {
  /** Where the next request goes. No two bodies go to the same one. */
  readonly url: URL;
  /** Bytes that a chunk must have, the last one aside. */
  readonly minChunkBytes: number;
}

/** The session that a 202 speaks of. @throws TsbuildError REGISTRY_PROTOCOL */
export function sessionOf({ headers, url }: PushAnswer): Session {
  const minimum = Number(headers.get('oci-chunk-min-length') ?? 0);
  return {
    url: parseLocation(headers.get('location'), new URL(url)),
    minChunkBytes: Number.isSafeInteger(minimum) && minimum > 0 ? minimum : 0,
  };
}

/** @throws TsbuildError REGISTRY_*, ABORTED */
export async function openSession(
  requests: PushRequests,
  subject: PushSubject,
  signal: AbortSignal,
): Promise<Session> {
  const place = 'blobs/uploads/';
  const answer = await requests.send({ method: 'POST', place, isRepeatable: true, signal });
  if (answer.status === 202) return sessionOf(answer);
  throw toPushFailure(answer, subject, requests.login());
}

/** Tells the registry that nothing more comes. Many do not let it be told, or have forgotten: no answer matters. */
export async function giveUpSession(
  requests: PushRequests,
  { url }: Session,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (!(await requests.isOwn(url, signal))) return;
    await requests.send({ method: 'DELETE', place: url, isRepeatable: false, signal });
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'ABORTED') throw error;
  }
}
