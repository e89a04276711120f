// Where the data of a file with holes belongs: GNU's sparse formats 0.0, 0.1 and 1.0, which are records of a PAX
// header. The GNU tar manual, "Storing Sparse Files"; taken and refused are the same maps as by Go's archive/tar
// (readGNUSparsePAXHeaders).
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { DataRuns } from '../entry.js';
import { limitExceeded, type LayerLimits } from '../limits.js';
import type { PaxRecords } from './pax-records.js';

const MAJOR = 'GNU.sparse.major';
const MINOR = 'GNU.sparse.minor';
const NAME = 'GNU.sparse.name';
const SIZE = 'GNU.sparse.size';
const REAL_SIZE = 'GNU.sparse.realsize';
const COUNT = 'GNU.sparse.numblocks';
const MAP = 'GNU.sparse.map';

const NEWLINE = 0x0a;

/** What a PAX header says of a file with holes. */
export interface SparseFile {
  /** '' when the header does not say. */
  readonly name: ByteString;
  /** With the holes; absent when the header does not say. */
  readonly size: number | undefined;
  /**
   * Start and length of each run of data, in turn, not checked; absent when they stand in front of the data (version
   * 1.0).
   */
  readonly numbers: readonly number[] | undefined;
}

function invalid(reason: string): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `tar: damaged map of a sparse file: ${reason}`);
}

function integer(text: string | undefined): number {
  const value = text !== undefined && /^[+-]?[0-9]+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw invalid('a number out of range');
}

/** Undefined for a file without holes, and for a version that is none. @throws TsbuildError LAYER_INVALID */
export function sparseFileOf(pax: PaxRecords): SparseFile | undefined {
  const [major, minor] = [pax.get(MAJOR) ?? '', pax.get(MINOR) ?? ''];
  const isInData = major === '1' && minor === '0';
  const isInHeader = major === '0' && (minor === '0' || minor === '1');
  // The first two versions did not have to be told.
  const isUntold = major === '' && minor === '' && (pax.get(MAP) ?? '') !== '';
  if (!isInData && !isInHeader && !isUntold) return undefined;
  const size = pax.get(SIZE) || pax.get(REAL_SIZE);
  return {
    name: pax.get(NAME) ?? ('' as ByteString),
    size: size ? integer(size) : undefined,
    numbers: isInData ? undefined : numbersInHeader(pax),
  };
}

function numbersInHeader(pax: PaxRecords): number[] {
  const map = pax.get(MAP) ?? '';
  const numbers = map === '' ? [] : map.split(',').map(integer);
  if (numbers.length !== 2 * integer(pax.get(COUNT))) throw invalid('a wrong number of entries');
  return numbers;
}

/**
 * Checks runs against the size of the file with its holes. Runs without bytes are left out, runs without a hole between
 * them are one.
 * @throws TsbuildError LAYER_INVALID for runs that overlap, are out of order or reach beyond the end
 */
export function checkedRuns(numbers: readonly number[], size: number): DataRuns {
  if (size < 0) throw invalid('a negative size');
  const runs: number[] = [];
  let end = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const [start, length] = [numbers[i]!, numbers[i + 1]!];
    if (length < 0 || start < end) throw invalid('entries that overlap');
    end = start + length;
    if (end > size) throw invalid('data beyond the end of the file');
    const [lastStart = NaN, lastLength = NaN] = runs.slice(-2);
    if (lastStart + lastLength === start) runs.splice(-1, 1, end - lastStart);
    else if (length > 0) runs.push(start, length);
  }
  return runs;
}

export function bytesIn(runs: DataRuns): number {
  return runs.reduce((sum, value, i) => (i % 2 === 1 ? sum + value : sum), 0);
}

export interface SparseMapReader {
  /**
   * Takes the next block of a file's data.
   * @returns the numbers of the map when it ends in this block
   * @throws TsbuildError
   */
  push(block: Buffer): number[] | undefined;
}

/**
 * Reads a map that stands in front of the data: lines of decimal numbers, the number of runs first, padded to whole
 * blocks.
 */
export function createSparseMapReader(limits: LayerLimits): SparseMapReader {
  let text = '';
  let lines = 0;
  let needed = 1;
  let isCounted = false;
  return {
    push(block) {
      text += block.toString('latin1');
      if (text.length > limits.maxPaxBytes)
        throw limitExceeded('maxPaxBytes', limits, 'tar: map of a sparse file');
      for (const byte of block) if (byte === NEWLINE) lines++;
      if (lines >= 1 && !isCounted) {
        isCounted = true;
        const count = integer(text.slice(0, text.indexOf('\n')));
        if (count < 0) throw invalid('a wrong number of entries');
        needed = 1 + 2 * count;
      }
      return lines < needed ? undefined : text.split('\n', needed).slice(1).map(integer);
    },
  };
}
