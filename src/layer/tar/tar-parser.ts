// A push parser for tar (ustar, pax, GNU, v7): bytes in any pieces, entries and their content out, nothing copied that
// need not be.
// Invariant: memory is bounded by one block and one extended header or map (LayerLimits.maxPaxBytes), whatever the
// archive says. Reads what Go's archive/tar reads, as BuildKit does: global PAX headers are checked but not applied,
// hard links have no content, a missing end mark is fine, and what follows the end mark is ignored. Files with holes
// come out with zeros in them.
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { DataRuns } from '../entry.js';
import { limitExceeded, type LayerLimits } from '../limits.js';
import { createContentCursor } from './content-cursor.js';
import { decodeHeaderBlock } from './header-block.js';
import { BLOCK, type HeaderFields } from './header-fields.js';
import { decodePaxRecords } from './pax-records.js';
import { rawEntryOf, type Extensions } from './raw-entry-of.js';
import type { RawEntry } from './raw-entry.js';
import { bytesIn, checkedRuns, createSparseMapReader, type SparseMapReader } from './sparse-map.js';

export interface TarParserOptions {
  readonly limits: LayerLimits;
  onEntry(entry: RawEntry): void;
  /** Content of the last entry. A view on the bytes given to `write`, or zeros: valid during the call only. */
  onData?(data: Buffer): void;
  /** After the content of every entry, also of those without content. */
  onEntryEnd?(): void;
  /** After each global PAX header, which is of no effect. */
  onGlobalHeader?(): void;
  onEnd?(): void;
}

export interface TarParser {
  /**
   * As `write`, with a pause after each piece of a hole: an archive of a few bytes may have holes that take minutes to
   * fill.
   */
  take(chunk: Buffer): Iterable<void>;
  /**
   * @throws TsbuildError LAYER_INVALID | LAYER_LIMIT, and what the callbacks throw; the parser is then of no more use
   */
  write(chunk: Buffer): void;
  /** @throws TsbuildError LAYER_INVALID when the archive is truncated */
  end(): void;
}

const ZEROS = Buffer.alloc(BLOCK);
/** Nobody writes to it. */
const HOLE_PIECE = Buffer.alloc(256 * 1024);
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
  /** What the next bytes are; of a hole there are none. `ended`: after the end mark. */
  let state: 'header' | 'meta' | 'map' | 'data' | 'hole' | 'skip' | 'ended' = 'header';
  let offset = 0;
  /** Bytes of holes so far. */
  let zeros = 0;
  /**
   * Bytes left of the content or of a part of it, of the extended header, or of what is skipped; the padding behind the
   * whole.
   */
  let left = 0;
  let padding = 0;
  let entries = 0;
  let zeroBlocks = 0;
  let extensions: Extensions = {};
  const block = Buffer.alloc(BLOCK);
  let blockUsed = 0;
  let meta = { typeflag: '', data: ZEROS };
  /** The file whose map comes next. */
  let mapped: { readonly raw: RawEntry; readonly size: number; readonly reader: SparseMapReader };
  /** The parts of a content with holes; at its end for every other content. */
  let parts = createContentCursor([], 0);

  function countEntries(count: number): void {
    entries += count;
    if (entries > limits.maxEntries) throw limitExceeded('maxEntries', limits, 'tar');
  }

  function refuseOversize(size: number): void {
    if (offset + zeros + size > limits.maxUncompressedBytes)
      throw limitExceeded('maxUncompressedBytes', limits, 'tar');
  }

  /** Zeros cost an archive nothing, as if it were compressed. */
  function admitHoles(bytes: number): void {
    refuseOversize(bytes);
    zeros += bytes;
    if (zeros > limits.ratioGraceBytes && zeros > offset * limits.maxRatio)
      throw limitExceeded('maxRatio', limits, 'tar: holes of sparse files');
  }

  function startEntry(header: HeaderFields): void {
    countEntries(1);
    const { raw, dataSize, sparse } = rawEntryOf(header, extensions, offset);
    refuseOversize(dataSize);
    extensions = {};
    left = dataSize;
    padding = paddingOf(dataSize);
    if (!sparse) return startContent(raw);
    const size = sparse.size ?? dataSize;
    if (sparse.numbers) return startRuns(raw, checkedRuns(sparse.numbers, size), size);
    mapped = { raw, size, reader: createSparseMapReader(limits) };
    state = 'map';
    // A file of no bytes has no map.
    if (left < BLOCK) throw truncated();
  }

  function startContent(raw: RawEntry): void {
    options.onEntry(raw);
    state = raw.type === 'file' ? 'data' : 'skip';
    if (state === 'skip' || left === 0) endEntry();
  }

  /** The rest of the data is that of the runs. */
  function startRuns(raw: RawEntry, runs: DataRuns, size: number): void {
    // Each is kept, as an entry is.
    countEntries(runs.length / 2);
    if (bytesIn(runs) !== left)
      throw new TsbuildError('LAYER_INVALID', 'tar: a sparse file whose data and map do not agree');
    if (raw.type !== 'file') return startContent(raw);
    admitHoles(size - left);
    options.onEntry({ ...raw, size, offset, runs });
    parts = createContentCursor(runs, size);
    nextPart();
  }

  function nextPart(): void {
    const part = parts.next();
    if (!part) return endEntry();
    state = part.kind;
    left = part.length;
  }

  function takeMapBlock(data: Buffer): void {
    left -= BLOCK;
    const numbers = mapped.reader.push(data);
    if (numbers) return startRuns(mapped.raw, checkedRuns(numbers, mapped.size), mapped.size);
    if (left < BLOCK) throw truncated();
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
    else {
      decodePaxRecords(data);
      // A global header is an entry of its own: headers before it are about nothing else.
      extensions = {};
      options.onGlobalHeader?.();
    }
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

  /** Takes bytes of a block from `chunk` at `start`; returns how many. */
  function takeBlock(chunk: Buffer, start: number): number {
    const taken = Math.min(BLOCK - blockUsed, chunk.length - start);
    const accept = state === 'map' ? takeMapBlock : acceptBlock;
    offset += taken;
    if (taken === BLOCK) {
      accept(chunk.subarray(start, start + BLOCK));
      return BLOCK;
    }
    chunk.copy(block, blockUsed, start, start + taken);
    blockUsed += taken;
    if (blockUsed === BLOCK) {
      blockUsed = 0;
      accept(block);
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
    else if (state === 'data') nextPart();
    else state = 'header';
    return taken;
  }

  function giveZeros(): void {
    const length = options.onData ? Math.min(left, HOLE_PIECE.length) : left;
    left -= length;
    options.onData?.(HOLE_PIECE.subarray(0, length));
    if (left === 0) nextPart();
  }

  function* take(chunk: Buffer): Generator<void, void> {
    for (let position = 0; state === 'hole' || (position < chunk.length && state !== 'ended');) {
      if (state === 'hole') {
        giveZeros();
        yield;
      } else if (state === 'header' || state === 'map') position += takeBlock(chunk, position);
      else position += takeBody(chunk, position);
    }
  }

  return {
    take,
    write(chunk) {
      for (const _ of take(chunk));
    },
    end() {
      const isPartialHeader = !block.subarray(0, blockUsed).equals(ZEROS.subarray(0, blockUsed));
      const isInsideContent =
        state === 'data' || state === 'meta' || state === 'map' || (state === 'skip' && left >= BLOCK);
      const isDangling = Object.keys(extensions).length > 0;
      if (isPartialHeader || isInsideContent || isDangling) throw truncated();
      options.onEnd?.();
    },
  };
}
