// Progress mode to renderer; each is loaded only when it is used.
import { TsbuildError } from '../../core/errors.js';
import type { ProgressMode, Renderer } from './renderer.js';

const DEFAULT_LOG_LINES = 6;

/**
 * `auto` is tty on a terminal that can move its cursor, else plain; a CI system keeps what is printed, and gets plain.
 * @throws TsbuildError OPTION_INVALID for tty elsewhere
 */
export async function selectRenderer(mode: ProgressMode, display: Display): Promise<Renderer> {
  return (await loadRenderer(mode, display))();
}

/** What is printed on, and what decides how. */
export interface Display {
  readonly stderr: {
    write(text: string): unknown;
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly env: NodeJS.ProcessEnv;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** Gives a new one at each call. @throws as selectRenderer */
export async function loadRenderer(mode: ProgressMode, display: Display): Promise<() => Renderer> {
  if (mode === 'quiet' || mode === 'none') return (await import('./silent.js')).createSilentRenderer;
  // A stream of Node's is opened when it is first read.
  const { stderr, env, now } = display;
  const write = (text: string) => void stderr.write(text);
  const isTty = mode === 'tty' || (mode === 'auto' && stderr.isTTY === true && canMoveCursor(env));
  if (isTty) {
    if (stderr.isTTY !== true) {
      throw new TsbuildError('OPTION_INVALID', 'failed to get console: standard error is not a terminal', {
        hint: 'use --progress plain',
      });
    }
    const { createTtyRenderer } = await import('./tty.js');
    const { createPalette } = await import('./palette.js');
    const size = () => ({ columns: stderr.columns || 80, rows: stderr.rows || 10 });
    const palette = createPalette(env);
    return () => createTtyRenderer({ write, now, size, palette, logLines: logLinesOf(env) });
  }
  if (mode === 'rawjson') {
    const renderer = (await import('./rawjson.js')).createRawJsonRenderer({ write, now });
    // One stream, whose first line is said once.
    return () => renderer;
  }
  const [{ createPlainRenderer }, { ciSections }] = await Promise.all([
    import('./plain.js'),
    import('./ci-sections.js'),
  ]);
  return () => createPlainRenderer({ write, now, sections: ciSections(env) });
}

function canMoveCursor({ TERM, CI }: NodeJS.ProcessEnv): boolean {
  return TERM !== 'dumb' && (!CI || CI === 'false' || CI === '0');
}

function logLinesOf(env: NodeJS.ProcessEnv): number {
  const text = env['BUILDKIT_TTY_LOG_LINES'] ?? '';
  return /^\d{1,3}$/.test(text) ? Number(text) : DEFAULT_LOG_LINES;
}
