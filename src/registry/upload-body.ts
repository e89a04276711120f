// The body of one request on its way out: made anew, cut into pieces the clock can count, and held back once the other
// side has answered.
// Invariant: what leaves is as long as was promised, or the connection ends; a connection with a body cut short is
// never used again.
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import type { Watchdog } from './watchdog.js';

/** A body that can be sent more than once. */
export interface RequestBody {
  /** Bytes in all, sent as Content-Length; undefined: chunked encoding. */
  readonly size: number | undefined;
  /** The bytes from the first one on, anew at each call. */
  open(): AsyncIterable<Buffer>;
}

export interface OutgoingStream {
  readonly stream: Readable;
  /** Why the body could not be made; undefined when it could. */
  readonly failure: unknown;
  /** The answer has begun: no more is sent. */
  hold(): void;
  /** The answer has been read, or nobody wants it: a body that was held back ends, and its connection with it. */
  release(): void;
}

/**
 * The smallest progress that is counted. A slow reader's progress comes in bursts of some of its kernel's buffers,
 * which have a few MB: one that takes less than these within the limit of silence cannot be told from a stalled one.
 */
const PIECE = 64 * 1024;

function* piecesOf(chunk: Buffer): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += PIECE) yield chunk.subarray(start, start + PIECE);
}

function otherSize(size: number, sent: number): TsbuildError {
  const message = `the body of a request was to have ${size} bytes and has ${sent > size ? 'more' : sent}`;
  return new TsbuildError('STORE_CORRUPT', message, { hint: 'build again with --no-cache' });
}

/** A body of bytes in memory. */
export function bodyOf(bytes: Uint8Array): RequestBody {
  return {
    size: bytes.length,
    async *open() {
      yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
  };
}

/** Ends a source when it has given what it was asked for; its failure is of no interest any more. */
async function closeQuietly(source: AsyncGenerator<Buffer, void>): Promise<void> {
  try {
    await source.return();
  } catch {
    // The request has ended, and that is what is reported.
  }
}

/** `answerMs`: how long the other side may think about the whole body beyond the limit of silence. */
export function openUpload(body: RequestBody, watchdog: Watchdog, answerMs: number): OutgoingStream {
  let failure: unknown;
  let isHeld = false;
  let isWhole = false;
  let resume = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    resume = resolve;
  });

  async function* pieces(): AsyncGenerator<Buffer, void> {
    const chunks = body.open()[Symbol.asyncIterator]();
    let sent = 0;
    try {
      for (;;) {
        const next = await watchdog.apart(chunks.next());
        if (next.done) break;
        for (const piece of piecesOf(next.value)) {
          // Lets an answer in that has come: more of the body would be in vain.
          await turn();
          if (isHeld) return await released;
          sent += piece.length;
          if (sent > (body.size ?? Infinity)) throw otherSize(body.size ?? 0, sent);
          yield piece;
          watchdog.sent();
        }
      }
    } finally {
      await chunks.return?.();
    }
    if (sent < (body.size ?? 0)) throw otherSize(body.size ?? 0, sent);
    isWhole = true;
    watchdog.allow(answerMs);
  }

  const source = pieces();
  const stream = new Readable({
    highWaterMark: PIECE,
    read() {
      source.next().then(
        ({ done, value }) => this.destroyed || this.push(done ? null : value),
        (error: unknown) => {
          failure = error;
          this.destroy(error instanceof Error ? error : new Error(String(error)));
        },
      );
    },
    destroy(error, callback) {
      void closeQuietly(source);
      callback(error);
    },
  });
  return {
    stream,
    get failure() {
      return failure;
    },
    hold: () => {
      isHeld = true;
    },
    release: () => {
      // An end in order would leave the connection to the next request, whose start would be this body's rest.
      if (!isWhole) stream.destroy(new Error('answered before the body was sent'));
      resume();
    },
  };
}
