// Keeps a command that failed beside the log of its build. Invariant: what cannot be kept ends no build otherwise than
// it ends anyway.
import { errnoWords } from './core/errno.js';
import type { EventSink } from './core/events.js';
import { keepStep } from './store/build-logs/kept-step.js';
import type { StorePaths } from './store/store-paths.js';
import { textOfCommand, type KeptCommand } from './worker/kept-command.js';

export interface KeepPlace {
  readonly paths: Pick<StorePaths, 'builds'>;
  readonly buildId: string;
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
}

export function keepCommand(command: KeptCommand, { paths, buildId, emit, now }: KeepPlace): void {
  try {
    keepStep(paths, buildId, textOfCommand(command));
  } catch (error) {
    const words = errnoWords(error);
    if (words === undefined) throw error;
    emit({ kind: 'note', message: `the failed step is not kept for tsbuild debug: ${words}` });
    return;
  }
  emit({ kind: 'kept-command', build: buildId, time: now() });
}
