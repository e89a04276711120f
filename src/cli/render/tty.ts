// `--progress tty`: a block that is drawn over itself. Invariant: each frame is one write that hides the cursor,
// overwrites line by line (nothing is cleared first, so nothing flickers) and shows the cursor again, so that a kill
// leaves the terminal usable.
import type { BuildEvent } from '../../core/events.js';
import { displayWidth } from './display-width.js';
import { escapeMessage } from './escape.js';
import type { Palette } from './palette.js';
import type { Renderer, RendererOptions } from './renderer.js';
import { renderFrame } from './tty-frame.js';
import { createTtyState } from './tty-state.js';

export interface TtyRendererOptions extends RendererOptions {
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly palette: Palette;
  /** Log lines below a busy step. */
  readonly logLines: number;
}

const FRAME_SECONDS = 0.1;
const CSI = '\x1b[';
const STYLE = /\x1b\[[0-9;]*m/g;

export function createTtyRenderer({ write, now, size, palette, logLines }: TtyRendererOptions): Renderer {
  const state = createTtyState(logLines);
  let lastFrame = -Infinity;
  /** Columns of each line on the screen, to find the top again when the terminal became narrower. */
  let drawn: number[] = [];

  const draw = ({ isLast = false, above = '' } = {}) => {
    lastFrame = now();
    const { columns: width, rows: height } = size();
    const rowsUp = drawn.reduce((sum, columns) => sum + Math.max(1, Math.ceil(columns / width)), 0);
    const up = rowsUp === 0 ? '' : `${CSI}${rowsUp}A\r`;
    const steps = state.steps();
    const startTime = state.startTime() ?? lastFrame;
    const progress = { steps, total: state.total(), startTime };
    const options = { width, height, now: lastFrame, logLines, isLast, palette };
    const lines = steps.length === 0 ? [] : renderFrame(progress, options);
    const notes = above === '' ? '' : `${CSI}J${above}\n`;
    write(`${CSI}?25l${up}${notes}${lines.map((line) => `${line}${CSI}K\n`).join('')}${CSI}J${CSI}?25h`);
    drawn = lines.map((line) => displayWidth(line.replace(STYLE, '')));
  };

  const onEvent = (event: BuildEvent) => {
    const isShown = state.apply(event);
    if (event.kind === 'note') draw({ above: palette.faint(`note: ${escapeMessage(event.message)}`) });
    else if (isShown && state.steps().length > 0 && now() - lastFrame >= FRAME_SECONDS) draw();
  };
  return {
    onEvent,
    refresh: () => draw(),
    pause() {
      draw();
      drawn = [];
    },
    finish: () => draw({ isLast: true }),
    refreshMilliseconds: 150,
  };
}
