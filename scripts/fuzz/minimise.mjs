// Makes an input that fails shorter, as long as it goes on to fail in the same way; gives up after a while.

const MAX_TRIES = 2000;
const MAX_MS = 20_000;

/**
 * Leaves out halves, quarters, ... and at last single bytes.
 * @param fails async (Buffer) => boolean
 */
export async function minimise(bytes, fails) {
  let shortest = bytes;
  let tries = 0;
  const end = performance.now() + MAX_MS;
  const mayTry = () => tries++ < MAX_TRIES && performance.now() < end;
  for (let size = Math.ceil(bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < shortest.length && mayTry();) {
      const shorter = Buffer.concat([shortest.subarray(0, start), shortest.subarray(start + size)]);
      if (await fails(shorter)) shortest = shorter;
      else start += size;
    }
  }
  return shortest;
}
