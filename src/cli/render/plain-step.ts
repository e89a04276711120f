// One step as plain mode prints it: `#6 [build 2/3] RUN make`, rows, log lines, the end.
// Spec: BuildKit's progressui/printer.go.
import type { BuildEvent } from '../../core/events.js';
import { completeLength, escapeLine, escapeMessage, sanitizeLog } from './escape.js';
import { formatItem, formatLogTime, formatProgress, type ProgressEvent } from './format.js';
import { createLogLines, type LogLine, type LogLines } from './log-lines.js';

type StepEnd = Extract<BuildEvent, { kind: 'step-end' }>;

interface Row {
  readonly startTime: number;
  latest: ProgressEvent;
  shown: ProgressEvent | undefined;
  isChanged: boolean;
}

export interface PlainStep {
  readonly name: string;
  /** When it began; of a step that waited for something, when its own work began. */
  startTime: number;
  end: StepEnd | undefined;
  /** Given when the step is first printed. */
  number: number;
  readonly rows: Map<string, Row>;
  readonly log: LogLines;
  pending: LogLine[];
  /** UTF-16 units in `pending`. */
  pendingSize: number;
  /** How much of the line that is being written stands on the screen already. */
  shownLength: number;
  /** When the first event came that was not printed at once, and how many came since: the fair share of the output. */
  blockStart: number;
  count: number;
}

// A row is printed again when it has moved by this share or after this time; seconds.
const MIN_PROGRESS = 0.05;
const MIN_SECONDS = 5;

export function createPlainStep(name: string, startTime: number, now: number): PlainStep {
  return {
    name, startTime, end: undefined, number: 0, rows: new Map(), log: createLogLines(), pending: [], pendingSize: 0,
    shownLength: 0, blockStart: now, count: 0,
  }; // prettier-ignore
}

export function addLog(step: PlainStep, data: Uint8Array, time: number): void {
  for (const line of step.log.write(data, time)) {
    step.pending.push(line);
    step.pendingSize += line.text.length + 1;
  }
}

export function addProgress(step: PlainStep, event: ProgressEvent): void {
  const row = step.rows.get(event.item);
  if (!row)
    step.rows.set(event.item, { startTime: event.time, latest: event, shown: undefined, isChanged: true });
  else Object.assign(row, { latest: event, isChanged: true });
}

/** The rows that are due. */
export function takeRows(step: PlainStep): string {
  let out = '';
  for (const row of step.rows.values()) {
    if (!row.isChanged) continue;
    row.isChanged = false;
    if (!isDue(row)) continue;
    row.shown = row.latest;
    out += rowText(step, row);
  }
  return out;
}

function isDue({ latest, shown }: Row): boolean {
  if (!shown || latest.isDone) return true;
  const moved = latest.total ? (latest.current - shown.current) / latest.total : 0;
  return moved >= MIN_PROGRESS || latest.time - shown.time >= MIN_SECONDS;
}

function rowText(step: PlainStep, { latest, startTime }: Row): string {
  const progress = formatProgress(latest);
  const seconds = latest.time - startTime;
  const parts = [
    `#${step.number}`,
    escapeLine(formatItem(latest.item, progress)),
    ...(progress === '' ? [] : [progress]),
    ...(seconds > 0.01 ? [`${seconds.toFixed(1)}s`] : []),
    ...(latest.isDone ? ['done'] : []),
  ];
  return `${parts.join(' ')}\n`;
}

/** The log lines that wait, then what there is of the line being written, without an end of line. */
export function takeLog(step: PlainStep): string {
  let out = '';
  for (const line of step.pending) {
    out += `${restOf(step, line, line.text.length)}\n`;
    step.shownLength = 0;
  }
  step.pending = [];
  step.pendingSize = 0;
  const partial = step.log.partial();
  const length = partial ? completeLength(partial.text) : 0;
  if (!partial || length <= step.shownLength) return out;
  out += restOf(step, partial, length);
  step.shownLength = length;
  return out;
}

function restOf(step: PlainStep, line: LogLine, end: number): string {
  const text = sanitizeLog(line.text.slice(step.shownLength, end), { colors: 'keep' });
  if (step.shownLength > 0) return text;
  return `#${step.number} ${formatLogTime(line.time - step.startTime)} ${text}`;
}

/** Whether it has ended and all that is to be said of it fits into a few lines. */
export function isBrief({ end, rows, pending, log }: PlainStep): boolean {
  return end !== undefined && rows.size === 0 && pending.length === 0 && log.partial() === undefined;
}

/** `#6 DONE 4.3s`, `#7 CACHED`, `#8 CANCELED`, `#9 ERROR: …`. */
export function endText(step: PlainStep, end: StepEnd): string {
  const word = {
    done: () => `DONE ${Math.max(0, end.time - step.startTime).toFixed(1)}s`,
    cached: () => 'CACHED',
    canceled: () => 'CANCELED',
    error: () => `ERROR: ${escapeMessage(end.error?.message ?? 'failed')}`,
  }[end.status]();
  return `#${step.number} ${word}\n`;
}
