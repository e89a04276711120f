// The colours of tty mode. BUILDKIT_COLORS changes them: `run=blue:error=255,0,0` (progressui/colors.go).
import { Chalk, type ChalkInstance, type ColorName } from 'chalk';
import { colorLevel } from './color-level.js';

export type Paint = (text: string) => string;

export interface Palette {
  readonly run: Paint;
  readonly error: Paint;
  readonly cancel: Paint;
  readonly faint: Paint;
}

const NAMED: readonly string[] = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** For a terminal. */
export function createPalette(env: NodeJS.ProcessEnv): Palette {
  const chalk = new Chalk({ level: colorLevel(env, true) });
  const chosen = parseColors(env['BUILDKIT_COLORS'] ?? '', chalk);
  return {
    run: chosen.get('run') ?? chalk.blue,
    error: chosen.get('error') ?? chalk.red,
    cancel: chosen.get('cancel') ?? chalk.yellow,
    faint: chalk.dim,
  };
}

/** Words that are no colour are passed over, as BuildKit does. */
function parseColors(text: string, chalk: ChalkInstance): Map<string, Paint> {
  const chosen = new Map<string, Paint>();
  for (const field of text.split(':')) {
    const [key = '', color = ''] = field.toLowerCase().split('=');
    const rgb = /^(\d{1,3}),(\d{1,3}),(\d{1,3})$/.exec(color);
    if (rgb) chosen.set(key, chalk.rgb(Number(rgb[1]), Number(rgb[2]), Number(rgb[3])));
    else if (NAMED.includes(color)) chosen.set(key, chalk[color as ColorName]);
  }
  return chosen;
}
