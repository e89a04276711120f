// An entry that is being written to the cache of GitHub Actions: made, filled with parts, ended.
import { randomBytes } from 'node:crypto';
import { TsbuildError } from '../../../core/errors.js';
import { blockUpload, type SentPart } from './block-upload.js';
import type { GhaConnection } from './gha-service.js';

export interface GhaEntryWriter {
  readonly key: string;
  /** @throws TsbuildError CACHE_UNAVAILABLE, REGISTRY_*, ABORTED, and what reading `chunks` throws */
  send(chunks: AsyncIterable<Buffer>, signal: AbortSignal): Promise<SentPart>;
  /** The entry is these parts, and is there from then on. @throws as `send` */
  finish(parts: readonly SentPart[], signal: AbortSignal): Promise<void>;
}

/** A key that is taken although it is random: the answer to the first request was lost. */
const KEYS_TRIED = 2;

/**
 * @param keyStart to which what makes the key unique is added
 * @returns why the token may not write, in the words of the service
 * @throws TsbuildError CACHE_UNAVAILABLE, REGISTRY_*, ABORTED
 */
export async function createGhaEntry(
  { service, transport }: GhaConnection,
  keyStart: string,
  signal: AbortSignal,
): Promise<GhaEntryWriter | { readonly denied: string }> {
  for (let attempt = 1; attempt <= KEYS_TRIED; attempt++) {
    const key = `${keyStart}-${randomBytes(6).toString('hex')}`;
    const created = await service.create(key, signal);
    if (created.kind === 'denied') return { denied: created.said };
    if (created.kind === 'taken') continue;
    const upload = blockUpload(created.uploadUrl, transport);
    return {
      key,
      send: upload.send,
      async finish(parts, abort) {
        await upload.commit(parts, abort);
        const size = parts.reduce((total, part) => total + part.size, 0);
        await service.finish(key, size, abort);
      },
    };
  }
  throw new TsbuildError('CACHE_UNAVAILABLE', 'the cache of GitHub Actions gives no place for an entry');
}
