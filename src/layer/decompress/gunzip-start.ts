// What a damaged gzip stream begins with. The decoder of node:zlib gives nothing of a piece of input in which it meets
// damage.
import { constants, gunzipSync } from 'node:zlib';

/** What the longest start of `bytes` that has no damage in it gives; some sixteen tries for 64 KiB. */
export function gunzipStart(bytes: Buffer): Buffer {
  let decoded = Buffer.alloc(0);
  let [undamaged, bound] = [0, bytes.length];
  while (undamaged < bound) {
    const length = Math.ceil((undamaged + bound) / 2);
    try {
      decoded = gunzipSync(bytes.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH });
      undamaged = length;
    } catch {
      // A damaged archive ends here too: the caller looks for damage.
      bound = length - 1;
    }
  }
  return decoded;
}
