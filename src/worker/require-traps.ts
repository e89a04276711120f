// What the rung `userns-single` needs of the kernel.
import { TsbuildError } from '../core/errors.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';

/** @throws TsbuildError SANDBOX_UNSUPPORTED */
export function requireTraps(calls: SystemCalls): void {
  if (calls.hasTraps()) return;
  throw new TsbuildError(
    'SANDBOX_UNSUPPORTED',
    'this kernel has no seccomp user notification, which isolation userns-single needs',
    { hint: 'use Linux 5.11 or newer, or add subordinate ids' },
  );
}
