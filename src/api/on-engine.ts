// What every public function but `build` and `check` does first and last: an engine is opened, used, and closed.
import type { BuildOptions } from '../build-options.js';
import { now } from '../clock.js';
import { closeAfter } from '../core/close-after.js';
import type { EventSink } from '../core/events.js';
import type { Engine } from '../engine.js';
import { openEngineOf } from '../shared-engine.js';
import { refuseAborted, validateOptions } from '../validate-arguments.js';

/** What a function works with. */
export interface OpenCommand {
  readonly engine: Engine;
  /** Aborted by the caller, or when the function has ended: what it began must not outlive it. */
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** Relative paths are relative to it. */
  readonly cwd: string;
}

/** @throws what `work` throws; TsbuildError STORE_UNWRITABLE, STORE_FULL, OPTION_INVALID, ABORTED */
export async function onEngine<T>(
  options: BuildOptions,
  work: (open: OpenCommand) => Promise<T>,
): Promise<T> {
  validateOptions(options);
  refuseAborted(options.signal);
  const { env = process.env, onEvent: emit = () => undefined, cwd = process.cwd() } = options;
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  const engine = openEngineOf(options, { env, emit, now });
  return closeAfter(() => work({ engine, signal, emit, cwd }), [() => controller.abort(), engine.close]);
}
