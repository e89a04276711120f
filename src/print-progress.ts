// Events drawn as the command line draws them, on a stream of the caller's. What a failed step said last is told by
// formatError, with the failure.
// Invariant: builds that run at the same time share a block; when the last of them ends the block is finished, and what
// comes afterwards begins another one. Between blocks nothing is drawn and no timer runs.
import { anyFunction, fail, flag, object, oneOf, type Check } from './argument-checks.js';
import { eventsOf } from './bake-events.js';
import type { Environment } from './build-options.js';
import type { Renderer } from './cli/render/renderer.js';
import { loadRenderer } from './cli/render/select-renderer.js';
import { renderWarnings, type WarningEvent } from './cli/render/warnings.js';
import { now } from './clock.js';
import type { BuildEvent, EventSink } from './core/events.js';

/** As `process.stderr`: one of Node's streams, or anything that writes. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Of the terminal. */
  readonly columns?: number;
  readonly rows?: number;
}

export interface PrintProgressOptions {
  /** By default the standard error of this process. */
  readonly stream?: ProgressStream;
  /** As `--progress` of the command. Default `auto`: `tty` on a terminal, else `plain`. */
  readonly mode?: 'auto' | 'tty' | 'plain' | 'rawjson' | 'quiet';
  /** Default: as NO_COLOR and FORCE_COLOR say, and else on a terminal. */
  readonly color?: boolean;
  /** By default that of this process. Of it NO_COLOR, FORCE_COLOR, TERM, CI, BUILDKIT_COLORS and their like count. */
  readonly env?: Environment;
}

/** To be given to a call as its `onEvent`. */
export interface ProgressPrinter {
  (event: BuildEvent): void;
  /** The same for one of several builds that run at the same time: `name` stands before its steps. */
  named(name: string): EventSink;
  /** Draws what is still to be drawn. A build does it at its end: this is for other functions, such as `pull`. */
  end(): void;
}

const stream: Check = (value, name) => {
  if (typeof value !== 'object' || value === null) fail(name, value, 'a stream');
  anyFunction((value as Partial<ProgressStream>).write, `${name}.write`);
};
const environment: Check = (value, name) => {
  if (typeof value !== 'object' || value === null) fail(name, value, 'an object');
};
const printOptions = object({
  stream,
  mode: oneOf(['auto', 'tty', 'plain', 'rawjson', 'quiet']),
  color: flag,
  env: environment,
});

/** @throws TsbuildError OPTION_INVALID, also for `tty` on what is no terminal */
export async function printProgress(options: PrintProgressOptions = {}): Promise<ProgressPrinter> {
  printOptions(options, 'options');
  const { stream: output = process.stderr, mode = 'auto', color, env = process.env } = options;
  if (mode === 'tty' && output.isTTY !== true)
    fail('options.mode', mode, 'another one: this stream is no terminal');
  const makeRenderer = await loadRenderer(mode, { stderr: output, env: withColor(env, color), now });
  const write = (text: string): void => {
    if (text !== '') output.write(text);
  };
  const isTalking = mode !== 'quiet' && mode !== 'rawjson';
  const running = new Set<string>();
  let blocks = 0;
  let block: Block | undefined;

  const end = (): void => {
    block?.finish();
    block = undefined;
    running.clear();
  };
  const onEvent: EventSink = (event) => {
    if (!block && isTalking && blocks++ > 0) write('\n');
    block ??= openBlock(makeRenderer(), write, { isTalking });
    if (event.kind === 'build') running.add(event.id);
    block.onEvent(event);
    if (event.kind !== 'build-end') return;
    running.delete(event.id);
    if (running.size === 0) end();
  };
  return Object.assign((event: BuildEvent) => onEvent(event), {
    named: (name: string) => eventsOf(name, onEvent),
    end,
  });
}

interface Block {
  readonly onEvent: EventSink;
  finish(): void;
}

function openBlock(
  renderer: Renderer,
  write: (text: string) => void,
  { isTalking }: { readonly isTalking: boolean },
): Block {
  const warnings: WarningEvent[] = [];
  const { refreshMilliseconds } = renderer;
  const timer =
    refreshMilliseconds > 0 ? setInterval(renderer.refresh, refreshMilliseconds).unref() : undefined;
  return {
    onEvent(event) {
      renderer.onEvent(event);
      if (event.kind === 'warning') warnings.push(event);
    },
    finish() {
      clearInterval(timer);
      renderer.finish();
      if (isTalking) write(renderWarnings(warnings, { isDebug: false, isExpandable: false }));
    },
  };
}

function withColor(env: Environment, color: boolean | undefined): NodeJS.ProcessEnv {
  if (color === undefined) return env;
  const { FORCE_COLOR: _, ...rest } = env;
  return color ? { ...rest, FORCE_COLOR: '1' } : { ...rest, NO_COLOR: '1' };
}
