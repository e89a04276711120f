// Bytes that must turn out to be the promised ones: digest and size are checked, and no more than the promised size is
// read.
import { createHash } from 'node:crypto';
import { digestOfHash, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';

export interface VerifiedStream {
  /** The same bytes. May be left before the end. */
  readonly chunks: AsyncIterable<Buffer>;
  /**
   * Reads the rest and compares. When nothing was promised nothing is read.
   * @throws TsbuildError REGISTRY_DIGEST_MISMATCH
   */
  finish(): Promise<void>;
  /** Lets go of the stream without reading on. */
  close(): Promise<void>;
}

function mismatch(message: string): TsbuildError {
  return new TsbuildError('REGISTRY_DIGEST_MISMATCH', message, {
    hint: 'the data was changed or cut short on its way; try again',
  });
}

/** @throws TsbuildError REGISTRY_DIGEST_MISMATCH, from `chunks` too, as soon as there are more bytes than promised */
export function verified(
  stream: AsyncIterable<Buffer>,
  expect: { readonly digest?: Digest; readonly size?: number },
): VerifiedStream {
  const iterator = stream[Symbol.asyncIterator]();
  const hash = expect.digest === undefined ? undefined : createHash('sha256');
  let size = 0;
  let isEnded = false;

  async function next(): Promise<IteratorResult<Buffer, undefined>> {
    if (isEnded || size === expect.size) return end();
    const step = await iterator.next();
    if (step.done) {
      isEnded = true;
      return { done: true, value: undefined };
    }
    size += step.value.length;
    if (expect.size !== undefined && size > expect.size) {
      await end();
      throw mismatch(`more than the promised ${expect.size} bytes`);
    }
    hash?.update(step.value);
    return { done: false, value: step.value };
  }

  async function end(): Promise<IteratorResult<Buffer, undefined>> {
    if (!isEnded) await iterator.return?.();
    isEnded = true;
    return { done: true, value: undefined };
  }

  return {
    close: async () => void (await end()),
    // Without `return`: a reader that stops early leaves the rest to `finish`.
    chunks: { [Symbol.asyncIterator]: () => ({ next }) },
    async finish() {
      if (expect.digest === undefined && expect.size === undefined) return void (await end());
      while (!(await next()).done);
      if (expect.size !== undefined && size !== expect.size)
        throw mismatch(`${size} bytes instead of ${expect.size}`);
      const digest = hash && digestOfHash(hash);
      if (expect.digest !== undefined && digest !== expect.digest)
        throw mismatch(`${digest} instead of ${expect.digest}`);
    },
  };
}
