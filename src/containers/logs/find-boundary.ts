// Where a record begins in the last part of a log, found without reading what stands before.
// Invariant: a place that is given is a real beginning, whatever the container wrote. Each record begins within
// MOST_RECORD_BYTES of the one before, so the first half of the window holds a real beginning. Every place whose chain
// of headers leads to the end is tried; when they all lie on one chain, that is the real one. A container that writes
// bytes which look like records gives two chains, and then nothing is found. Pure.
import { HEADER_BYTES, headerAt, MOST_RECORD_BYTES } from './log-records.js';

const HALF_WINDOW = HEADER_BYTES + MOST_RECORD_BYTES;
/** Less than this cannot be searched. */
const LEAST_SEARCHED_BYTES = 2 * HALF_WINDOW;

/** The place in `bytes`, which are the last ones of a log; undefined when none is certain. */
export function findBoundary(bytes: Buffer): number | undefined {
  if (bytes.length < LEAST_SEARCHED_BYTES) return undefined;
  const chain = onlyChain(bytes);
  return chain?.find((place) => place >= HALF_WINDOW && place <= LEAST_SEARCHED_BYTES);
}

/** The places on it that are in the window. */
function onlyChain(bytes: Buffer): readonly number[] | undefined {
  let chain: readonly number[] | undefined;
  const known = new Set<number>();
  const blind = new Uint8Array(bytes.length);
  for (let place = 0; place <= LEAST_SEARCHED_BYTES - HEADER_BYTES; place++) {
    if (known.has(place) || !headerAt(bytes, place)) continue;
    const found = follow(bytes, place, blind);
    if (!found) continue;
    if (chain) return undefined;
    chain = found;
    for (const each of found) known.add(each);
  }
  return chain;
}

/**
 * Undefined when it does not lead to the end. The last record may be incomplete: it is being written.
 * @param blind 1 at each place that was found not to lead there: none is followed twice, however many places a
 * container makes look like a header
 */
function follow(bytes: Buffer, start: number, blind: Uint8Array): readonly number[] | undefined {
  const places: number[] = [];
  let place = start;
  while (place + HEADER_BYTES <= bytes.length) {
    const header = blind[place] === 1 ? undefined : headerAt(bytes, place);
    if (!header) {
      markBlind(bytes, { start, end: place, blind });
      return undefined;
    }
    if (place <= LEAST_SEARCHED_BYTES) places.push(place);
    place += HEADER_BYTES + header.length;
  }
  return places;
}

function markBlind(
  bytes: Buffer,
  { start, end, blind }: { readonly start: number; readonly end: number; readonly blind: Uint8Array },
): void {
  let place = start;
  while (place < end) {
    blind[place] = 1;
    place += HEADER_BYTES + headerAt(bytes, place)!.length;
  }
}
