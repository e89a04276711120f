// What a build does when a RUN fails, before its files go: it keeps the command beside its log, for `tsbuild debug`,
// and opens a shell there when it was asked to. Invariant: a build has one shell at most, and nothing that fails beside
// it ends the build before the shell does.
import type { FailedRuns } from './builder/failed-runs.js';
import type { EventSink } from './core/events.js';
import type { ShellPlace } from './open-shell.js';
import type { StorePaths } from './store/store-paths.js';

export interface FailureOptions {
  readonly paths: Pick<StorePaths, 'builds'>;
  /** Of the log of the build. */
  readonly buildId: string;
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
  /** Where a shell is opened; absent when none is wanted. */
  readonly shell?: ShellPlace | undefined;
}

export function createFailedRuns(options: FailureOptions): FailedRuns {
  const { shell } = options;
  let kept: Promise<void> | undefined;
  let opened: Promise<void> | undefined;
  let isEnded = false;
  return {
    async onFailed(run) {
      // The first one is why the build fails.
      kept ??= import('./keep-command.js').then(({ keepCommand }) => keepCommand(run.command, options));
      await kept;
      if (!shell) return;
      opened ??= import('./open-shell.js').then(({ openShell }) => openShell(run, shell, options));
      await opened.finally(() => (isEnded = true));
    },
    shellClosed: () => (isEnded ? undefined : opened?.catch(() => undefined)),
  };
}
