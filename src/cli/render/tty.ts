// `--progress tty`: a block that is drawn over itself. Invariant: each frame is one write that hides the cursor,
// overwrites line by line (nothing is cleared first, so nothing flickers) and shows the cursor again, so that a kill
// leaves the terminal usable.
import type { BuildEvent } from '../../core/events.js';
import { displayWidth } from './display-width.js';
import { escapeMessage } from './escape.js';
import { createLogLines, type LogLines } from './log-lines.js';
import type { Palette } from './palette.js';
import type { Renderer, RendererOptions } from './renderer.js';
import { renderFrame, type TtyStep } from './tty-frame.js';

export interface TtyRendererOptions extends RendererOptions {
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly palette: Palette;
  /** Log lines below a busy step. */
  readonly logLines: number;
}

const FRAME_SECONDS = 0.1;
const CSI = '\x1b[';
const STYLE = /\x1b\[[0-9;]*m/g;

interface Shown extends TtyStep {
  readonly log: LogLines;
  lines: string[];
}

export function createTtyRenderer({ write, now, size, palette, logLines }: TtyRendererOptions): Renderer {
  const steps = new Map<string, Shown>();
  let startTime: number | undefined;
  let lastFrame = -Infinity;
  /** Columns of each line on the screen, to find the top again when the terminal became narrower. */
  let drawn: number[] = [];

  const draw = ({ isLast = false, above = '' } = {}) => {
    lastFrame = now();
    const { columns: width, rows: height } = size();
    const rowsUp = drawn.reduce((sum, columns) => sum + Math.max(1, Math.ceil(columns / width)), 0);
    const up = rowsUp === 0 ? '' : `${CSI}${rowsUp}A\r`;
    const options = {
      width,
      height,
      now: lastFrame,
      startTime: startTime ?? lastFrame,
      logLines,
      isLast,
      palette,
    };
    const lines = steps.size === 0 ? [] : renderFrame([...steps.values()], options);
    const notes = above === '' ? '' : `${CSI}J${above}\n`;
    write(`${CSI}?25l${up}${notes}${lines.map((line) => `${line}${CSI}K\n`).join('')}${CSI}J${CSI}?25h`);
    drawn = lines.map((line) => displayWidth(line.replace(STYLE, '')));
  };

  const apply = (event: BuildEvent) => {
    if (event.kind === 'note' || event.kind === 'warning') return;
    startTime ??= event.time;
    if (event.kind === 'step-start') {
      const { id, name } = event.step;
      const log = createLogLines();
      steps.set(id, {
        name,
        startTime: event.time,
        end: undefined,
        rows: new Map(),
        tail: [],
        logSize: 0,
        log,
        lines: [],
      });
      return;
    }
    const step = steps.get(event.id);
    if (!step) return;
    if (event.kind === 'step-end') step.end = event;
    else if (event.kind === 'step-log') addLog(step, event.data, event.time, logLines);
    else
      step.rows.set(event.item, {
        startTime: step.rows.get(event.item)?.startTime ?? event.time,
        latest: event,
      });
  };

  const onEvent = (event: BuildEvent) => {
    apply(event);
    if (event.kind === 'note') draw({ above: palette.faint(`note: ${escapeMessage(event.message)}`) });
    else if (steps.size > 0 && now() - lastFrame >= FRAME_SECONDS) draw();
  };
  return {
    onEvent,
    refresh: () => draw(),
    finish: () => draw({ isLast: true }),
    refreshMilliseconds: 150,
  };
}

function addLog(step: Shown, data: Uint8Array, time: number, logLines: number): void {
  const complete = step.log.write(data, time).map((line) => line.text);
  step.lines = [...step.lines, ...complete].slice(-logLines);
  const partial = step.log.partial();
  step.tail = [...step.lines, ...(partial ? [partial.text] : [])]
    .filter((line) => line.trim() !== '')
    .slice(-logLines);
  step.logSize += data.length;
}
