// The filters that may stand before LZMA2 in a chain of xz: delta and the branch filters. Each is undone piece by
// piece. The .xz File Format 1.2.1, section 5.3.
import { TsbuildError } from '../../core/errors.js';
import type { BranchDecoder } from './branch-decoder.js';
import { BRANCH_FILTERS } from './branch-filters.js';

const DELTA = 0x03;

/** One filter at work on a stream. What `push` is given it may change. */
export interface XzFilter {
  /** What is known to be final now. */
  push(data: Buffer): Buffer;
  /** The rest. */
  end(): Buffer;
}

function invalid(reason: string): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `xz: ${reason}`);
}

/**
 * @param id the number of the filter
 * @param properties its bytes in the block header
 * @throws TsbuildError LAYER_INVALID for filters that are none, and for properties that they cannot have
 */
export function createXzFilter(id: number, properties: Buffer): XzFilter {
  if (id === DELTA) {
    if (properties.length !== 1) throw invalid('damaged filter');
    return deltaFilter(properties[0]! + 1);
  }
  const branch = BRANCH_FILTERS.get(id);
  if (!branch) throw invalid(`unknown filter 0x${id.toString(16)}`);
  if (properties.length !== 0 && properties.length !== 4) throw invalid('damaged filter');
  const start = properties.length === 0 ? 0 : properties.readUInt32LE(0);
  if (start % branch.alignment !== 0) throw invalid('damaged filter');
  return branchFilter(branch.create(), start);
}

/** Every byte was replaced by its difference to the one `distance` bytes before. */
function deltaFilter(distance: number): XzFilter {
  const before = Buffer.alloc(distance);
  let at = 0;
  return {
    push(data) {
      for (let i = 0; i < data.length; i++) {
        before[at] = data[i] = data[i]! + before[at]!;
        at = at + 1 === distance ? 0 : at + 1;
      }
      return data;
    },
    end: () => Buffer.alloc(0),
  };
}

function branchFilter(decode: BranchDecoder, start: number): XzFilter {
  let position = start;
  let held = Buffer.alloc(0);
  return {
    push(data) {
      const all = held.length === 0 ? data : Buffer.concat([held, data]);
      const done = decode(all, position);
      position = (position + done) >>> 0;
      held = Buffer.from(all.subarray(done));
      return all.subarray(0, done);
    },
    end: () => held,
  };
}
