// The colours of tty mode. NO_COLOR switches them off (chalk alone ignores it on a terminal), BUILDKIT_COLORS changes
// them: `run=blue:error=255,0,0` (progressui/colors.go).
import { Chalk, type ChalkInstance, type ColorName } from 'chalk';

export type Paint = (text: string) => string;

export interface Palette {
  readonly run: Paint;
  readonly error: Paint;
  readonly cancel: Paint;
  readonly faint: Paint;
}

const NAMED: readonly string[] = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

export function createPalette(env: NodeJS.ProcessEnv): Palette {
  const chalk = new Chalk({ level: colorLevel(env) });
  const chosen = parseColors(env['BUILDKIT_COLORS'] ?? '', chalk);
  return {
    run: chosen.get('run') ?? chalk.blue,
    error: chosen.get('error') ?? chalk.red,
    cancel: chosen.get('cancel') ?? chalk.yellow,
    faint: chalk.dim,
  };
}

/** 0 no colours, 1 sixteen, 2 of 256, 3 of 24 bit. */
function colorLevel(env: NodeJS.ProcessEnv): 0 | 1 | 2 | 3 {
  if (env['NO_COLOR'] || env['TERM'] === 'dumb') return 0;
  if (/^(truecolor|24bit)$/.test(env['COLORTERM'] ?? '')) return 3;
  return /256/.test(env['TERM'] ?? '') ? 2 : 1;
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
