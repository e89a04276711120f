// The process of a launcher from its start to its end, whatever it has become meanwhile.
import { constants } from 'node:os';
import type { TsbuildError } from '../../core/errors.js';
import type { ExitStatus } from '../../host/syscalls/process-calls.js';

export interface FollowedProcess {
  /** When it has ended, and with it its pid namespace, if it has one. */
  readonly exited: Promise<ExitStatus>;
  /** Nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Something that it needs is gone: it is killed. What has ended by itself did without. */
  lose(error: TsbuildError): void;
  /** Why it was lost. */
  lost(): TsbuildError | undefined;
}

export function followProcess(pid: number, exited: Promise<ExitStatus>): FollowedProcess {
  // Once it is reaped, its number may be another's.
  let isReaped = false;
  let lost: TsbuildError | undefined;
  void exited.then(() => (isReaped = true));
  const kill = (signal: NodeJS.Signals): void => {
    if (!isReaped) signalIfThere(pid, signal);
  };
  return {
    exited,
    kill,
    lose(error) {
      if (!isReaped) lost ??= error;
      kill('SIGKILL');
    },
    lost: () => lost,
  };
}

/** Nothing for a process that is not there any more. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function signalName({ signal }: ExitStatus): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal);
  return signal === null ? null : ((found?.[0] ?? 'SIGKILL') as NodeJS.Signals);
}
