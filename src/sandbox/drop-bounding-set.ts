// Takes capabilities away for good: no program that is executed gets them back (capabilities(7), "Capability bounding
// set").
import { CAPABILITY_COUNT } from './capabilities.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';

/** @param kept the capabilities that stay; bit n = capability n */
export function dropBoundingSet(calls: SystemCalls, kept: bigint): void {
  const all = Array.from({ length: CAPABILITY_COUNT }, (_, capability) => capability);
  try {
    calls.dropBounding(all.filter((capability) => ((kept >> BigInt(capability)) & 1n) === 0n));
  } catch (error) {
    // The kernel knows no more of them.
    if (!isSystemCallError(error, 'EINVAL')) throw error;
  }
}
