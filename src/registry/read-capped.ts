// Reading a body that is a document: never more of it in memory than its kind may have.
import { TsbuildError } from '../core/errors.js';
import { redactUrl } from '../core/redact.js';
import type { HttpResponse } from './exchange.js';

/** @throws TsbuildError REGISTRY_PROTOCOL when the body is longer than `maxBytes`; the connection is then closed. */
export async function readCapped(response: HttpResponse, maxBytes: number): Promise<Buffer> {
  const tooLong = (): TsbuildError =>
    new TsbuildError(
      'REGISTRY_PROTOCOL',
      `${redactUrl(response.url)}: the answer is longer than ${maxBytes} bytes`,
    );
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
    await response.discard();
    throw tooLong();
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > maxBytes) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The first `maxBytes` of a body, for messages; what follows, or breaks off, is of no interest. */
export async function readStart(response: HttpResponse, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= maxBytes) break;
    }
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'ABORTED') throw error;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}
