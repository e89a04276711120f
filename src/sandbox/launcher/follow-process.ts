// The process of a launcher from its start to its end, whatever it has become meanwhile.
import { constants } from 'node:os';
import type { TsbuildError } from '../../core/errors.js';
import { signalIfThere } from '../../host/signal-if-there.js';
import type { ExitStatus } from '../../host/syscalls/process-calls.js';

export interface FollowedProcess {
  /** When it has ended, and with it its pid namespace, if it has one. */
  readonly exited: Promise<ExitStatus>;
  /** Does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Kills it, because something that it needs is gone. Does nothing when it has ended by itself. */
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

export function signalName({ signal }: ExitStatus): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal);
  return signal === null ? null : ((found?.[0] ?? 'SIGKILL') as NodeJS.Signals);
}
