// A shell in the files of a RUN that failed, as its command left them.
import type { BuildOptions } from './build-options.js';
import type { FailedRun } from './builder/failed-runs.js';
import { TsbuildError } from './core/errors.js';
import type { EventSink } from './core/events.js';
import { areTerminal, callerStreams, runOnStreams, type CallerStreams } from './run-on-streams.js';
import { shellProcess } from './shell-process.js';

export interface ShellPlace {
  readonly streams: CallerStreams;
  /** Of the terminal: `xterm`. */
  readonly term: string;
  /** The caller's: what else ends the build does not end the shell. */
  readonly signal: AbortSignal;
}

/** @throws TsbuildError OPTION_INVALID when the streams of the caller are no terminal */
export function shellPlaceOf(options: BuildOptions): ShellPlace {
  const { env = process.env, signal = new AbortController().signal } = options;
  const streams = callerStreams(options);
  if (!areTerminal(streams))
    throw new TsbuildError('OPTION_INVALID', 'a shell where a RUN failed needs a terminal', {
      hint: 'run it in a terminal, or use tsbuild debug after the build',
    });
  return { streams, term: env['TERM'] ?? 'xterm', signal };
}

/** Resolves when the shell has ended, or could not be opened. @throws TsbuildError ABORTED */
export async function openShell(
  { command, rootfs, process: failed }: FailedRun,
  { streams, term, signal }: ShellPlace,
  { emit, now }: { readonly emit: EventSink; now(): number },
): Promise<void> {
  emit({ kind: 'shell-open', step: command.name, failure: command.failure, time: now() });
  let refusal: TsbuildError | undefined;
  try {
    await runOnStreams(rootfs, shellProcess(failed, { term }), streams, signal);
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code === 'ABORTED') throw error;
    refusal = error;
  } finally {
    emit({ kind: 'shell-closed', time: now() });
  }
  if (refusal)
    emit({
      kind: 'note',
      message: `no shell could be opened (${refusal.message}); tsbuild debug -- COMMAND starts a command of the image there`,
    });
}
