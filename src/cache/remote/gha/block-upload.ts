// The bytes of an entry on their way to the storage of GitHub Actions, as an Azure block blob: blocks are sent as they
// are made, and a list says at the end which of them, in which order, are the blob (Azure, "Put Block", "Put Block
// List"). Invariant: what was sent of a part that broke off is in no list; at most a block for each part in memory.
import { randomBytes } from 'node:crypto';
import { TsbuildError } from '../../../core/errors.js';
import { redactUrl } from '../../../core/redact.js';
import type { Transport } from '../../../registry/transport.js';
import { bodyOf } from '../../../registry/upload-body.js';

const BLOCK_BYTES = 16 << 20;

/** What was sent of a part, to be listed. */
export interface SentPart {
  readonly blocks: readonly string[];
  readonly size: number;
}

export interface BlockUpload {
  /** @throws TsbuildError CACHE_UNAVAILABLE, REGISTRY_*, ABORTED, and what reading `chunks` throws */
  send(chunks: AsyncIterable<Buffer>, signal: AbortSignal): Promise<SentPart>;
  /** Makes the blob of the parts. @throws as `send` */
  commit(parts: readonly SentPart[], signal: AbortSignal): Promise<void>;
}

/** @param signedUrl that the service gave: good for this blob alone, and a secret */
export function blockUpload(signedUrl: string, transport: Transport): BlockUpload {
  const put = async (
    query: Readonly<Record<string, string>>,
    bytes: Buffer,
    signal: AbortSignal,
  ): Promise<void> => {
    // The signature in the address stays letter by letter what it is.
    const url = `${signedUrl}${signedUrl.includes('?') ? '&' : '?'}${new URLSearchParams(query).toString()}`;
    const response = await transport.request(url, {
      method: 'PUT',
      body: bodyOf(bytes),
      isRepeatable: true,
      isGuarded: true,
      signal,
    });
    await response.discard();
    if (response.status === 201 || response.status === 200) return;
    throw new TsbuildError(
      'CACHE_UNAVAILABLE',
      `the storage of GitHub Actions did not take a block: status ${response.status} from ${redactUrl(url)}`,
      { hint: response.status === 403 ? 'the address it gave for the upload is no longer good' : undefined },
    );
  };

  return {
    async send(chunks, signal) {
      const blocks: string[] = [];
      let size = 0;
      for await (const bytes of inBlocks(chunks)) {
        // All ids of a blob have the same length.
        const id = randomBytes(24).toString('base64');
        await put({ comp: 'block', blockid: id }, bytes, signal);
        blocks.push(id);
        size += bytes.length;
      }
      return { blocks, size };
    },
    async commit(parts, signal) {
      const ids = parts.flatMap(({ blocks }) => blocks);
      const list = ids.map((id) => `<Latest>${id}</Latest>`).join('');
      const xml = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
      await put({ comp: 'blocklist' }, Buffer.from(xml), signal);
    },
  };
}

async function* inBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.length > 0;) {
      const part = rest.subarray(0, BLOCK_BYTES - length);
      held.push(part);
      length += part.length;
      rest = rest.subarray(part.length);
      if (length < BLOCK_BYTES) continue;
      yield Buffer.concat(held);
      held = [];
      length = 0;
    }
  }
  if (length > 0) yield Buffer.concat(held);
}
