// The bytes of a blob through one upload session: as one PUT, as one PATCH, or in chunks.
// Invariant: after a chunk the next one begins where the registry says that it is.
import { TsbuildError } from '../../core/errors.js';
import type { Digest } from '../../core/digest.js';
import type { Descriptor } from '../../oci/types.js';
import type { PutBlobOptions } from '../writer.js';
import { isTaken, type PushAnswer } from './answer.js';
import { openChunks } from './chunk-source.js';
import { withBlobDigest } from './location.js';
import type { Shape } from './next-step.js';
import { receivedBytes } from './received-range.js';
import type { PushRequests } from './requests.js';
import { sessionOf, type Session } from './session.js';

export interface Body extends PutBlobOptions {
  readonly descriptor: Descriptor;
  open(signal: AbortSignal): AsyncIterable<Buffer>;
}

/** The last answer; `lost`: the registry has another length than was sent. */
export type SentBody = { readonly kind: 'answer'; readonly answer: PushAnswer } | { readonly kind: 'lost' };

export const OCTETS = { 'content-type': 'application/octet-stream' };
/** Chunks in a row of which the registry keeps nothing. */
const MAX_IDLE_CHUNKS = 3;

/** Tells how much has left, beginning at `offset`. */
async function* counted(
  chunks: AsyncIterable<Buffer>,
  offset: number,
  { onSent }: PutBlobOptions,
): AsyncGenerator<Buffer> {
  let sent = offset;
  for await (const chunk of chunks) {
    yield chunk;
    sent += chunk.length;
    onSent?.(sent);
  }
}

function wholeBody(body: Body) {
  return { size: body.descriptor.size, open: () => counted(body.open(body.signal), 0, body) };
}

/** Ends an upload by the digest of what was sent (distribution-spec, end-6). */
export function finishUpload(
  requests: PushRequests,
  session: Session,
  digest: Digest,
  signal: AbortSignal,
): Promise<PushAnswer> {
  const place = withBlobDigest(session.url, digest);
  const headers = { ...OCTETS, 'content-length': '0' };
  return requests.send({ method: 'PUT', place, headers, isRepeatable: false, signal });
}

async function finish(requests: PushRequests, session: Session, body: Body): Promise<SentBody> {
  const { descriptor, signal } = body;
  return { kind: 'answer', answer: await finishUpload(requests, session, descriptor.digest, signal) };
}

/** Whether the registry has all of it, as far as it says. */
export function hasAll({ headers }: PushAnswer, size: number): boolean {
  return (receivedBytes(headers.get('range'), size) ?? size) === size;
}

async function sendPut(requests: PushRequests, session: Session, body: Body): Promise<SentBody> {
  const place = withBlobDigest(session.url, body.descriptor.digest);
  const answer = await requests.send({
    method: 'PUT',
    place,
    headers: OCTETS,
    body: wholeBody(body),
    isRepeatable: false,
    signal: body.signal,
  });
  return { kind: 'answer', answer };
}

async function sendPatch(requests: PushRequests, session: Session, body: Body): Promise<SentBody> {
  const { size } = body.descriptor;
  const answer = await requests.send({
    method: 'PATCH',
    place: session.url,
    headers: OCTETS,
    body: wholeBody(body),
    isRepeatable: false,
    signal: body.signal,
  });
  if (!isTaken(answer)) return { kind: 'answer', answer };
  if (!hasAll(answer, size)) return { kind: 'lost' };
  return finish(requests, nextPlace(answer, session), body);
}

/** Some registries do not repeat the place after a chunk. */
export function nextPlace(answer: PushAnswer, session: Session): Session {
  return answer.headers.get('location') === null
    ? session
    : { ...sessionOf(answer), minChunkBytes: session.minChunkBytes };
}

async function sendChunks(
  requests: PushRequests,
  opened: Session,
  body: Body,
  wishedBytes: number,
): Promise<SentBody> {
  const { size } = body.descriptor;
  const source = openChunks(() => body.open(body.signal));
  let session = opened;
  let idle = 0;
  try {
    for (let start = 0; start < size;) {
      const length = Math.min(Math.max(wishedBytes, session.minChunkBytes), size - start);
      const from = start;
      const answer = await requests.send({
        method: 'PATCH',
        place: session.url,
        headers: { ...OCTETS, 'content-range': `${from}-${from + length - 1}` },
        body: { size: length, open: () => counted(source.read(from, length), from, body) },
        isRepeatable: false,
        signal: body.signal,
      });
      if (!isTaken(answer)) return { kind: 'answer', answer };
      const end = receivedBytes(answer.headers.get('range'), start + length) ?? start + length;
      if (end > start + length) throw tooMuch(answer, end, start + length);
      if (end < start) return { kind: 'lost' };
      idle = end === start ? idle + 1 : 0;
      if (idle >= MAX_IDLE_CHUNKS) return { kind: 'lost' };
      session = nextPlace(answer, session);
      start = end;
    }
  } finally {
    await source.close();
  }
  return finish(requests, session, body);
}

function tooMuch({ url }: PushAnswer, end: number, sent: number): TsbuildError {
  const { host } = new URL(url);
  return new TsbuildError(
    'REGISTRY_PROTOCOL',
    `${host} says that it has ${end} bytes of a blob, ${sent} were sent`,
  );
}

/** @throws TsbuildError REGISTRY_UNREACHABLE when the connection breaks, ABORTED, and what `open` throws */
export function sendBody(
  requests: PushRequests,
  session: Session,
  shape: Shape,
  body: Body,
): Promise<SentBody> {
  if (shape.kind === 'put') return sendPut(requests, session, body);
  if (shape.kind === 'patch') return sendPatch(requests, session, body);
  return sendChunks(requests, session, body, shape.bytes);
}
