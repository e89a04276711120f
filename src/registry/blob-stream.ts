// A blob as a stream that survives broken connections: it goes on with Range where the last one stopped, or from the
// start with a server that cannot do that.
// Invariant: never more bytes than the descriptor promises; a whole blob that does not have its digest ends in an
// error, not in silence.
import { createHash } from 'node:crypto';
import { digestOfHash } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { redactUrl } from '../core/redact.js';
import type { Descriptor } from '../oci/types.js';
import type { HttpResponse } from './exchange.js';
import { brokenTransfer, isSilence } from './network-failure.js';

export interface BlobStreamOptions {
  readonly descriptor: Descriptor;
  /** First byte wanted. A stream that does not start at 0 is checked for its length only. */
  readonly offset: number;
  /** Opens the blob at a byte; gives a 200, 206 or 416. `failures` is the number of broken transfers so far. */
  readonly open: (position: number, failures: number) => Promise<HttpResponse>;
  readonly pause: (attempt: number) => Promise<void>;
}

const MAX_FAILURES = 5;
/** In a row and without a byte in between. */
const MAX_SILENCES = 2;
/** Progress that counts as such: a server that drips single bytes does not earn new attempts. */
const PROGRESS_BYTES = 1 << 20;

function protocol(response: HttpResponse, why: string): TsbuildError {
  return new TsbuildError('REGISTRY_PROTOCOL', `${redactUrl(response.url)}: ${why}`);
}

/**
 * How many bytes to skip so that what follows starts at `position`; undefined when the server gives another part than
 * it was asked for.
 */
function bytesToSkip(response: HttpResponse, position: number, size: number): number | undefined {
  if (response.status === 200) {
    const length = response.headers.get('content-length');
    if (length !== null && Number(length) > size)
      throw protocol(response, `${length} bytes for a blob of ${size}`);
    return position;
  }
  const range = response.headers.get('content-range') ?? '';
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range.trim()) ?? [];
  const isAsked = Number(start) === position && (total === '*' || Number(total) === size);
  return response.status === 206 && isAsked ? 0 : undefined;
}

function otherPart(response: HttpResponse, position: number, size: number): TsbuildError {
  const range = response.headers.get('content-range') ?? '';
  const got = `${response.status} ${JSON.stringify(range.slice(0, 60))}`;
  return protocol(response, `asked for bytes from ${position} of ${size}, got ${got}`);
}

/** What follows `position`, of an answer that begins `skipped` bytes before it. */
async function* bytesFrom(
  response: HttpResponse,
  position: number,
  size: number,
  skipped: number,
): AsyncGenerator<Buffer> {
  let skip = skipped;
  let remaining = size - position;
  for await (const chunk of response.body) {
    const rest = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - rest.length;
    remaining -= rest.length;
    if (remaining < 0) throw protocol(response, `more bytes than the ${size} of the descriptor`);
    if (rest.length > 0) yield rest;
  }
  if (remaining > 0) throw brokenTransfer(`${redactUrl(response.url)}: ended ${remaining} bytes early`);
}

/** The same; an answer that is not to be read is given up. */
async function skipOf(response: HttpResponse, position: number, size: number): Promise<number | undefined> {
  let skip: number | undefined;
  try {
    skip = bytesToSkip(response, position, size);
  } finally {
    if (skip === undefined) await response.discard();
  }
  return skip;
}

function isBroken(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'REGISTRY_UNREACHABLE';
}

/** @throws TsbuildError REGISTRY_DIGEST_MISMATCH, REGISTRY_PROTOCOL, REGISTRY_UNREACHABLE, and what `open` throws */
export async function* streamBlob({
  descriptor,
  offset,
  open,
  pause,
}: BlobStreamOptions): AsyncGenerator<Buffer> {
  const { size, digest } = descriptor;
  const hash = offset === 0 ? createHash('sha256') : undefined;
  let position = offset;
  let canResume = true;
  let failures = 0;
  let silences = 0;
  let mark = position;
  while (position < size) {
    const response = await open(canResume ? position : 0, failures);
    const before = position;
    try {
      const skip = await skipOf(response, position, size);
      if (skip === undefined && !canResume) throw otherPart(response, position, size);
      if (skip === undefined) {
        canResume = false;
        continue;
      }
      for await (const chunk of bytesFrom(response, position, size, skip)) {
        position += chunk.length;
        hash?.update(chunk);
        yield chunk;
      }
    } catch (error) {
      if (position - mark >= PROGRESS_BYTES) failures = 0;
      mark = position;
      failures += 1;
      silences = isSilence(error) ? (position > before ? 1 : silences + 1) : 0;
      if (!isBroken(error) || failures >= MAX_FAILURES || silences >= MAX_SILENCES) throw error;
      await pause(failures);
    }
  }
  if (hash && digestOfHash(hash) !== digest) {
    throw new TsbuildError('REGISTRY_DIGEST_MISMATCH', `the registry sent other bytes than ${digest}`);
  }
}
