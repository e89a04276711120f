// Options of a caller with some members replaced.
import type { BuildOptions } from './build-options.js';

/** By descriptors: a member may be a getter that opens something when it is read. */
export function joinOptions(options: BuildOptions, changed: BuildOptions): BuildOptions {
  return Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(options), ...Object.getOwnPropertyDescriptors(changed) },
  );
}
