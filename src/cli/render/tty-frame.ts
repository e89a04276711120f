// The block that tty mode draws, as rows of text: header, a row for each step and each thing that moves in it, the last
// log lines of busy steps (progressui/display.go). Pure. Invariant: no row is wider than the terminal and, but for the
// last frame, the block is not taller.
import { shorten } from '../../core/shorten.js';
import { displayWidth, fitToWidth, truncateToWidth, wrapToWidth } from './display-width.js';
import { escapeLine, sanitizeLog } from './escape.js';
import { formatItem, formatProgress, formatSpeed } from './format.js';
import type { Paint, Palette } from './palette.js';
import { progressBar } from './progress-bar.js';
import type { TtyStep } from './tty-state.js';

export interface FrameProgress {
  readonly steps: readonly TtyStep[];
  /** Steps that have begun and those that will. */
  readonly total: number;
  readonly startTime: number;
}

export interface FrameOptions {
  readonly width: number;
  readonly height: number;
  /** Seconds, as the events have them. */
  readonly now: number;
  /** Log lines below a busy step. */
  readonly logLines: number;
  readonly isLast: boolean;
  readonly palette: Palette;
}

interface Row {
  readonly text: string;
  /** Stands behind the text when there is room; the first that fits. */
  readonly status: readonly string[];
  readonly seconds: number;
  readonly isOpen: boolean;
  readonly paint: Paint;
  readonly step: TtyStep | undefined;
}

const PREFIX = ' => ';
const LOG_PREFIX = `${PREFIX}=> # `;
/** Columns of the text that a status leaves. */
const LEAST_TEXT = 12;

/** Rows without end of line. */
export function renderFrame(progress: FrameProgress, options: FrameOptions): string[] {
  const { steps } = progress;
  const rows = steps.flatMap((step) => rowsOf(step, options));
  const tails = options.isLast ? new Map<TtyStep, string[]>() : chooseTails(steps, rows, options);
  const tailRows = [...tails.values()].reduce((sum, lines) => sum + lines.length, 0);
  const limit = options.isLast ? Infinity : options.height - 2 - tailRows;
  const shown = fitRows(rows, limit);
  const body = shown.flatMap((row) =>
    [renderRow(row, options)].concat((row.step && tails.get(row.step)) ?? []),
  );
  const hidden = rows.length - shown.length;
  const more = hidden > 0 && shown.length < limit ? [moreRow(hidden, options)] : [];
  return [headerOf(progress, options), ...more, ...body];
}

function moreRow(hidden: number, { width, palette }: FrameOptions): string {
  return palette.faint(truncateToWidth(`    ... ${hidden} more`, width - 1));
}

function headerOf({ steps, total, startTime }: FrameProgress, { width, now, isLast }: FrameOptions): string {
  const ended = steps.filter((step) => step.end).length;
  const seconds = Math.max(0, now - startTime).toFixed(1);
  const outcome = isLast ? outcomeOf(steps) : '';
  return truncateToWidth(`[+] Building ${seconds}s (${ended}/${total})${outcome}`, width - 1);
}

/** Nothing is said of a build that was interrupted: its steps say it. */
function outcomeOf(steps: readonly TtyStep[]): string {
  if (steps.some((step) => step.end?.status === 'error')) return ' FAILED';
  const isComplete = steps.length > 0 && steps.every(({ end }) => end && end.status !== 'canceled');
  return isComplete ? ' FINISHED' : '';
}

function rowsOf(step: TtyStep, { now, palette }: FrameOptions): Row[] {
  const status = step.end?.status;
  const mark = { cached: 'CACHED ', error: 'ERROR ', canceled: 'CANCELED ', done: '' }[status ?? 'done'];
  const paint = { cached: palette.run, done: palette.run, error: palette.error, canceled: palette.cancel }[
    status ?? 'done'
  ];
  const isOpen = status === undefined;
  const first = {
    text: `${mark}${onOneLine(shorten(step.name))}`,
    status: [],
    seconds: (step.end?.time ?? now) - step.startTime,
    isOpen,
    paint,
    step,
  };
  const rest = [...step.rows.values()].map(({ startTime, latest }): Row => {
    const amount = formatProgress(latest);
    const end = latest.isDone ? latest.time : (step.end?.time ?? now);
    const isRowOpen = isOpen && !latest.isDone;
    const speed = isRowOpen ? formatSpeed(latest, latest.time - startTime) : '';
    const withSpeed = speed === '' ? amount : `${amount} ${speed}`;
    const bar = isRowOpen ? progressBar(latest) : '';
    return {
      text: `=> ${onOneLine(formatItem(latest.item, amount))}`,
      status: [bar === '' ? withSpeed : `${bar} ${withSpeed}`, withSpeed, amount],
      seconds: end - startTime,
      isOpen: isRowOpen,
      paint: palette.run,
      step: undefined,
    };
  });
  return [first, ...rest];
}

function onOneLine(text: string): string {
  return escapeLine(text).replaceAll('\t', ' ');
}

function renderRow({ text, status, seconds, isOpen, paint }: Row, { width }: FrameOptions): string {
  const timer = ` ${(seconds < 0.05 ? 0 : seconds).toFixed(1)}s`;
  const room = width - 1 - PREFIX.length - timer.length;
  const least = Math.min(Math.max(LEAST_TEXT, displayWidth(text)), 40);
  const fitting = status.find((each, i) => {
    const left = room - each.length - 1;
    return each !== '' && left >= (i === status.length - 1 ? LEAST_TEXT : least);
  });
  const name = truncateToWidth(text, fitting === undefined ? room : room - fitting.length - 1);
  const left = PREFIX + name + (fitting === undefined ? '' : ` ${fitting}`);
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
  const tails = new Map<TtyStep, string[]>();
  let free = options.height - 2 - rows.filter((row) => row.isOpen).length;
  const writers = steps.filter((step) => !step.end && step.logSize > 0).sort((a, b) => b.logSize - a.logSize);
  for (const step of writers) {
    const lines = tailOf(step, options);
    if (lines.length === 0 || free < lines.length) break;
    free -= lines.length;
    tails.set(step, lines);
  }
  return tails;
}

/** A long line goes on in the next row, and its end is what is seen. */
function tailOf({ tail }: TtyStep, { width, logLines, palette }: FrameOptions): string[] {
  const columns = width - 1 - LOG_PREFIX.length;
  const rows = tail.lines().flatMap((line) => {
    const text = sanitizeLog(line, { colors: 'drop' }).replaceAll('\t', ' ');
    return text.trim() === '' ? [] : wrapToWidth(text, Math.max(1, columns));
  });
  return rows
    .slice(logLines === 0 ? rows.length : -logLines)
    .map((text) => palette.faint(truncateToWidth(LOG_PREFIX + text, width - 1)));
}

/**
 * At most `limit` rows in their order: open ones before ended ones, late ones before early ones. One is left for the
 * count of those that have no place, when there are enough.
 */
function fitRows(rows: readonly Row[], most: number): readonly Row[] {
  if (rows.length <= most) return rows;
  const limit = most > 4 ? most - 1 : most;
  const latestFirst = rows.toReversed();
  const kept = new Set(
    [...latestFirst.filter((row) => row.isOpen), ...latestFirst.filter((row) => !row.isOpen)].slice(
      0,
      Math.max(0, limit),
    ),
  );
  return rows.filter((row) => kept.has(row));
}
