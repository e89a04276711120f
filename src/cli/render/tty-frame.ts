// The block that tty mode draws, as rows of text: header, a row for each step and each thing that moves in it, the last
// log lines of busy steps (progressui/display.go). Pure. Invariant: no row is wider than the terminal and, but for the
// last frame, the block is not taller.
import type { BuildEvent } from '../../core/events.js';
import { shorten } from '../../core/shorten.js';
import { displayWidth, fitToWidth, truncateToWidth } from './display-width.js';
import { escapeLine, sanitizeLog } from './escape.js';
import { formatItem, formatProgress, type ProgressEvent } from './format.js';
import type { Paint, Palette } from './palette.js';

export interface TtyStep {
  readonly name: string;
  readonly startTime: number;
  end: Extract<BuildEvent, { kind: 'step-end' }> | undefined;
  /** The time is that of the first event of the row. */
  readonly rows: Map<string, { readonly startTime: number; latest: ProgressEvent }>;
  /** The last lines of its output. */
  tail: string[];
  logSize: number;
}

export interface FrameOptions {
  readonly width: number;
  readonly height: number;
  /** Seconds, as the events have them. */
  readonly now: number;
  readonly startTime: number;
  /** Log lines below a busy step. */
  readonly logLines: number;
  readonly isLast: boolean;
  readonly palette: Palette;
}

interface Row {
  readonly text: string;
  readonly status: string;
  readonly seconds: number;
  readonly isOpen: boolean;
  readonly paint: Paint;
  readonly step: TtyStep | undefined;
}

const PREFIX = ' => ';

/** Rows without end of line. */
export function renderFrame(steps: readonly TtyStep[], options: FrameOptions): string[] {
  const rows = steps.flatMap((step) => rowsOf(step, options));
  const tails = options.isLast ? new Map<TtyStep, string[]>() : chooseTails(steps, rows, options);
  const tailRows = [...tails.values()].reduce((sum, lines) => sum + lines.length, 0);
  const shown = options.isLast ? rows : fitRows(rows, options.height - 2 - tailRows);
  const body = shown.flatMap((row) =>
    [renderRow(row, options)].concat((row.step && tails.get(row.step)) ?? []),
  );
  return [headerOf(steps, options), ...body];
}

function headerOf(steps: readonly TtyStep[], { width, now, startTime, isLast }: FrameOptions): string {
  const ended = steps.filter((step) => step.end).length;
  const finished = isLast && ended > 0 && ended === steps.length ? ' FINISHED' : '';
  const seconds = Math.max(0, now - startTime).toFixed(1);
  return truncateToWidth(`[+] Building ${seconds}s (${ended}/${steps.length})${finished}`, width - 1);
}

function rowsOf(step: TtyStep, { now, palette }: FrameOptions): Row[] {
  const status = step.end?.status;
  const mark = { cached: 'CACHED ', error: 'ERROR ', canceled: 'CANCELED ', done: '' }[status ?? 'done'];
  const paint = { cached: palette.run, done: palette.run, error: palette.error, canceled: palette.cancel }[
    status ?? 'done'
  ];
  const isOpen = status === undefined;
  const name = `${mark}${escapeLine(shorten(step.name)).replaceAll('\t', ' ')}`;
  const first = {
    text: name,
    status: '',
    seconds: (step.end?.time ?? now) - step.startTime,
    isOpen,
    paint,
    step,
  };
  const rest = [...step.rows.values()].map(({ startTime, latest }): Row => {
    const progress = formatProgress(latest);
    const text = `=> ${escapeLine(formatItem(latest.item, progress)).replaceAll('\t', ' ')}`;
    const end = latest.isDone ? latest.time : (step.end?.time ?? now);
    return {
      text,
      status: progress,
      seconds: end - startTime,
      isOpen: isOpen && !latest.isDone,
      paint: palette.run,
      step: undefined,
    };
  });
  return [first, ...rest];
}

function renderRow({ text, status, seconds, isOpen, paint }: Row, { width }: FrameOptions): string {
  const timer = ` ${(seconds < 0.05 ? 0 : seconds).toFixed(1)}s`;
  const room = width - 1 - PREFIX.length - timer.length;
  const hasStatus = status !== '' && room - status.length - 1 >= 12;
  const name = truncateToWidth(text, hasStatus ? room - status.length - 1 : room);
  const left = PREFIX + name + (hasStatus ? ` ${status}` : '');
  const row = truncateToWidth(
    fitToWidth(left, Math.max(displayWidth(PREFIX), width - 1 - timer.length)) + timer,
    width - 1,
  );
  return isOpen ? row : paint(row);
}

/** Which open steps show their log: those that write most, as long as the open rows have place. */
function chooseTails(
  steps: readonly TtyStep[],
  rows: readonly Row[],
  options: FrameOptions,
): Map<TtyStep, string[]> {
  const { height, width, logLines, palette } = options;
  const tails = new Map<TtyStep, string[]>();
  let free = height - 2 - rows.filter((row) => row.isOpen).length;
  const writers = steps
    .filter((step) => !step.end && step.tail.length > 0)
    .sort((a, b) => b.logSize - a.logSize);
  for (const step of writers) {
    const lines = step.tail.slice(-logLines).map((line) => {
      const text = sanitizeLog(line, { colors: 'drop' }).replaceAll('\t', ' ');
      return palette.faint(truncateToWidth(`${PREFIX}=> # ${text}`, width - 1));
    });
    if (lines.length === 0 || free < lines.length) break;
    free -= lines.length;
    tails.set(step, lines);
  }
  return tails;
}

/** At most `limit` rows in their order: open ones before ended ones, late ones before early ones. */
function fitRows(rows: readonly Row[], limit: number): readonly Row[] {
  if (rows.length <= limit) return rows;
  const latestFirst = rows.toReversed();
  const kept = new Set(
    [...latestFirst.filter((row) => row.isOpen), ...latestFirst.filter((row) => !row.isOpen)].slice(
      0,
      Math.max(0, limit),
    ),
  );
  return rows.filter((row) => kept.has(row));
}
