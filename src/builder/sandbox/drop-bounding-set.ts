// What a step can never get back, whichever program it executes (capabilities(7), "Capability bounding set").
import { CAPABILITY_COUNT } from './capabilities.js';
import type { SystemCalls } from './syscalls.js';
import { isSystemCallError } from './syscalls/binding.js';

/** @param kept the capabilities that stay; bit n = capability n */
export function dropBoundingSet(calls: SystemCalls, kept: bigint): void {
  for (let capability = 0; capability < CAPABILITY_COUNT; capability++) {
    if (((kept >> BigInt(capability)) & 1n) === 1n) continue;
    try {
      calls.dropBounding(capability);
    } catch (error) {
      // The kernel knows no more of them.
      if (isSystemCallError(error, 'EINVAL')) return;
      throw error;
    }
  }
}
