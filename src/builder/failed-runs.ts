// A RUN that failed, as those learn of it who open a shell there. Invariant: its files stay until they are done.
import { TsbuildError } from '../core/errors.js';
import type { KeptCommand } from '../worker/kept-command.js';
import type { OpenRootfs, ProcessSpec } from '../worker/sandbox.js';

export interface FailedRun {
  readonly command: KeptCommand;
  /** Open, as the command left it. No process runs in it. */
  readonly rootfs: Pick<OpenRootfs, 'start'>;
  /** The command as it was started, secrets included. */
  readonly process: ProcessSpec;
}

export interface FailedRuns {
  /** Resolves when the files of the command may go. @throws TsbuildError ABORTED */
  onFailed(run: FailedRun): Promise<void>;
  /** Resolves when the shell that is open has ended; undefined when none is. */
  shellClosed(): Promise<void> | undefined;
}

/** Who is in a shell is not interrupted by another failure, and the one that it was opened for comes first. */
export async function afterShell(failedRuns: FailedRuns | undefined, end: () => void): Promise<void> {
  const closed = failedRuns?.shellClosed();
  if (closed) {
    await closed;
    await new Promise((resolve) => setImmediate(resolve));
  }
  end();
}

/** Whether it is a failure of the command itself. */
export function isOfCommand(error: unknown): error is TsbuildError {
  return error instanceof TsbuildError && OF_COMMANDS.has(error.code);
}

const OF_COMMANDS: ReadonlySet<string> = new Set(['STEP_EXIT_NONZERO', 'STEP_KILLED', 'STEP_NOT_FOUND']);
