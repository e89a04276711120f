// Filters that stop calls of a command until somebody has answered (seccomp_unotify(2)).
import { TsbuildError } from '../core/errors.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';

/** Calls of a command that stop until the worker has looked at them. */
export interface CallTraps {
  /** Encoded filter (seccomp/trap-filter.ts). */
  readonly filter: Uint8Array;
  /** Begins to look at them. `listener`: the launcher's descriptor of the notifications. */
  watch(listener: number): void | Promise<void>;
  /** The kernel traps nothing here. @throws TsbuildError SANDBOX_NO_NETWORK */
  onUntrapped(): Promise<void>;
}

export async function trapCalls(calls: SystemCalls, traps: CallTraps): Promise<void> {
  const listener = listenerOf(calls, traps.filter);
  if (listener === undefined) await traps.onUntrapped();
  else await traps.watch(listener);
}

/** Undefined where the command cannot have a listener: the container around tsbuild has one (EBUSY). */
function listenerOf(calls: SystemCalls, filter: Uint8Array): number | undefined {
  try {
    return calls.installTrappingFilter(filter);
  } catch (error) {
    if (isSystemCallError(error, 'EBUSY', 'EINVAL')) return undefined;
    throw error;
  }
}

/** @returns the listener @throws TsbuildError SANDBOX_FAILED */
export function installTraps(calls: SystemCalls, filter: Uint8Array): number {
  try {
    return calls.installTrappingFilter(filter);
  } catch (error) {
    // A process can have one supervisor: EBUSY inside a container that has its own.
    const reason = isSystemCallError(error) ? error.message : String(error);
    throw new TsbuildError('SANDBOX_FAILED', `the kernel refuses to have a process supervised: ${reason}`, {
      hint: 'use subordinate ids (--isolation userns)',
      cause: error,
    });
  }
}
