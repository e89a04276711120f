// A push parser for tar (ustar, pax, GNU, v7): bytes in any pieces, entries and their content out, nothing copied that need not be.
// Invariant: memory is bounded by one block and one extended header (LayerLimits.maxPaxBytes), whatever the archive says.
// Reads what Go's archive/tar reads, as BuildKit does: global PAX headers are checked but not applied, hard links have no content,
// a missing end mark is fine, and what follows the end mark is ignored.
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { limitExceeded, type LayerLimits } from '../limits.js';
import { decodeHeaderBlock } from './header-block.js';
import { BLOCK, type HeaderFields } from './header-fields.js';
import { decodePaxRecords } from './pax-records.js';
import { rawEntryOf, type Extensions } from './raw-entry-of.js';
import type { RawEntry } from './raw-entry.js';

export interface TarParserOptions {
  readonly limits: LayerLimits;
  onEntry(entry: RawEntry): void;
  /** Content of the last entry. A view on the bytes given to `write`: valid during the call only. */
  onData?(data: Buffer): void;
  /** After the content of every entry, also of those without content. */
  onEntryEnd?(): void;
  onEnd?(): void;
}

export interface TarParser {
  /** @throws TsbuildError LAYER_INVALID | LAYER_LIMIT, and what the callbacks throw; the parser is then of no more use */
  write(chunk: Buffer): void;
  /** @throws TsbuildError LAYER_INVALID when the archive is truncated */
  end(): void;
}

const ZEROS = Buffer.alloc(BLOCK);
const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

function cString(data: Buffer): ByteString {
  const nul = data.indexOf(0);
  return data.toString('latin1', 0, nul === -1 ? data.length : nul) as ByteString;
}

function truncated(): TsbuildError {
  return new TsbuildError('LAYER_INVALID', 'tar: the archive is truncated');
}

export function createTarParser(options: TarParserOptions): TarParser {
  const { limits } = options;
  /** What the next bytes are. `ended`: after the end mark. */
  let state: 'header' | 'meta' | 'data' | 'skip' | 'ended' = 'header';
  let offset = 0;
  /** Bytes left of the content, of the extended header, or of what is skipped; the padding behind them. */
  let left = 0;
  let padding = 0;
  let entries = 0;
  let zeroBlocks = 0;
  let extensions: Extensions = {};
  const block = Buffer.alloc(BLOCK);
  let blockUsed = 0;
  let meta = { typeflag: '', data: ZEROS };

  function refuseOversize(size: number): void {
    if (offset + size > limits.maxUncompressedBytes)
      throw limitExceeded('maxUncompressedBytes', limits, 'tar');
  }

  function startEntry(header: HeaderFields): void {
    if (++entries > limits.maxEntries) throw limitExceeded('maxEntries', limits, 'tar');
    const { raw, dataSize } = rawEntryOf(header, extensions, offset);
    refuseOversize(dataSize);
    extensions = {};
    options.onEntry(raw);
    left = dataSize;
    padding = paddingOf(dataSize);
    state = 'data';
    if (raw.type !== 'file') state = 'skip';
    if (state === 'skip' || left === 0) endEntry();
  }

  function endEntry(): void {
    options.onEntryEnd?.();
    skipPadding();
  }

  function skipPadding(): void {
    left += padding;
    padding = 0;
    state = left > 0 ? 'skip' : 'header';
  }

  function startMeta(header: HeaderFields): void {
    if (header.size > limits.maxPaxBytes) throw limitExceeded('maxPaxBytes', limits, 'tar: extended header');
    meta = { typeflag: header.typeflag, data: Buffer.allocUnsafe(header.size) };
    left = header.size;
    padding = paddingOf(left);
    state = 'meta';
    if (left === 0) endMeta();
  }

  function endMeta(): void {
    const { typeflag, data } = meta;
    if (typeflag === 'L') extensions = { ...extensions, longName: cString(data) };
    else if (typeflag === 'K') extensions = { ...extensions, longLink: cString(data) };
    else if (typeflag === 'x') extensions = { ...extensions, pax: decodePaxRecords(data) };
    else decodePaxRecords(data);
    skipPadding();
  }

  function acceptBlock(header: Buffer): void {
    if (header.equals(ZEROS)) {
      if (++zeroBlocks === 2) state = 'ended';
      return;
    }
    if (zeroBlocks > 0) throw new TsbuildError('LAYER_INVALID', 'tar: a header behind a block of zeros');
    const fields = decodeHeaderBlock(header);
    if ('xgLK'.includes(fields.typeflag)) startMeta(fields);
    else startEntry(fields);
  }

  /** Takes bytes of a header from `chunk` at `start`; returns how many. */
  function takeHeader(chunk: Buffer, start: number): number {
    const taken = Math.min(BLOCK - blockUsed, chunk.length - start);
    offset += taken;
    if (taken === BLOCK) {
      acceptBlock(chunk.subarray(start, start + BLOCK));
      return BLOCK;
    }
    chunk.copy(block, blockUsed, start, start + taken);
    blockUsed += taken;
    if (blockUsed === BLOCK) {
      blockUsed = 0;
      acceptBlock(block);
    }
    return taken;
  }

  function takeBody(chunk: Buffer, start: number): number {
    const taken = Math.min(left, chunk.length - start);
    offset += taken;
    if (state === 'meta') chunk.copy(meta.data, meta.data.length - left, start, start + taken);
    left -= taken;
    if (state === 'data') options.onData?.(chunk.subarray(start, start + taken));
    if (left > 0) return taken;
    if (state === 'meta') endMeta();
    else if (state === 'data') endEntry();
    else state = 'header';
    return taken;
  }

  return {
    write(chunk) {
      let position = 0;
      while (position < chunk.length && state !== 'ended') {
        position += state === 'header' ? takeHeader(chunk, position) : takeBody(chunk, position);
      }
    },
    end() {
      const isPartialHeader = !block.subarray(0, blockUsed).equals(ZEROS.subarray(0, blockUsed));
      const isInsideContent = state === 'data' || state === 'meta' || (state === 'skip' && left >= BLOCK);
      const isDangling = Object.keys(extensions).length > 0;
      if (isPartialHeader || isInsideContent || isDangling) throw truncated();
      options.onEnd?.();
    },
  };
}
