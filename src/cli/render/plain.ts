// `--progress plain`: BuildKit's line output (progressui/printer.go). Invariant: one step at a time
// owns the output; it loses it after five seconds, by its share of what happens, or when another has waited for ten.
import { isStepEvent, type BuildEvent } from '../../core/events.js';
import { escapeMessage } from './escape.js';
import type { Section, Sections } from './ci-sections.js';
import {
  addLog,
  addProgress,
  createPlainStep,
  endText,
  isBrief,
  takeLog,
  takeRows,
  type PlainStep,
} from './plain-step.js';
import type { Renderer, RendererOptions } from './renderer.js';

const ANTI_FLICKER_SECONDS = 5;
const MAX_WAIT_SECONDS = 10;
const RATE_LIMIT_SECONDS = 0.1;
const MAX_PENDING = 1_048_576;

export interface PlainRendererOptions extends RendererOptions {
  /** Of a CI system that folds lines; absent elsewhere. */
  readonly sections?: Sections | undefined;
}

export function createPlainRenderer({ write, now, sections }: PlainRendererOptions): Renderer {
  const steps = new Map<string, PlainStep>();
  const updates = new Set<PlainStep>();
  let current: PlainStep | undefined;
  let lastNumber = 0;
  let lastRefresh = -Infinity;
  let isFirst = true;
  let section: Section | undefined;

  const closeSection = () => {
    if (section) write(section.close(now()));
    section = undefined;
  };

  const writeTitle = (step: PlainStep) => {
    const title = `#${step.number} ${escapeMessage(step.name)}`;
    if (!sections || isBrief(step) || step.name.startsWith('[internal]')) return write(`${title}\n`);
    section = sections(title, now());
    return write(section.open);
  };

  const startBlock = () => {
    if (current) {
      const newline = current.shownLength > 0 ? '\n' : '';
      write(`${newline}#${current.number} ...\n`);
      Object.assign(current, { shownLength: 0, count: 0 });
      closeSection();
    }
    current = undefined;
    if (!isFirst) write('\n');
    isFirst = false;
  };

  /** A line of another kind stands inside the block: the step goes on behind it. */
  const breakLine = (step: PlainStep) => {
    if (step.shownLength > 0) write('\n');
    step.shownLength = 0;
  };

  const print = (step: PlainStep) => {
    updates.delete(step);
    if (step !== current) {
      startBlock();
      step.number ||= lastNumber += 1;
      writeTitle(step);
      current = step;
    }
    const rows = takeRows(step);
    if (rows !== '') breakLine(step);
    const text = rows + takeLog(step);
    if (text !== '') write(text);
    if (!step.end) return;
    breakLine(step);
    // Below a section that is folded the end of its step is seen all the same.
    closeSection();
    write(endText(step, step.end));
    Object.assign(step, { shownLength: 0, count: 0 });
    current = undefined;
  };

  const refresh = () => {
    lastRefresh = now();
    const previous = current;
    const ended = [...updates].filter((step) => step.end).sort((a, b) => a.end!.time - b.end!.time);
    if (previous?.end) print(previous);
    for (const step of ended) if (step !== previous) print(step);
    const waiting = [...updates];
    if (waiting.length === 0) {
      const open = current ?? [...steps.values()].find((step) => !step.end);
      if (open && open !== current) print(open);
      return;
    }
    if (current && updates.has(current)) print(current);
    const next = chooseNext(current, waiting, now());
    if (next) print(next);
  };

  const apply = (event: BuildEvent): PlainStep | undefined => {
    if (event.kind === 'note') {
      if (current) breakLine(current);
      else startBlock();
      write(`note: ${escapeMessage(event.message)}\n`);
      return undefined;
    }
    if (!isStepEvent(event)) return undefined;
    if (event.kind === 'step-start')
      steps.set(event.step.id, createPlainStep(event.step.name, event.time, now()));
    const step = steps.get(event.kind === 'step-start' ? event.step.id : event.id);
    if (!step) return undefined;
    if (event.kind === 'step-work') {
      step.startTime = event.time;
      return undefined;
    }
    if (event.kind === 'step-log') addLog(step, event.data, event.time);
    if (event.kind === 'step-progress') addProgress(step, event);
    if (event.kind === 'step-end') step.end = event;
    return step;
  };

  const onEvent = (event: BuildEvent) => {
    const step = apply(event);
    if (!step) return;
    if (step.count === 0) step.blockStart = now();
    step.count += 1;
    updates.add(step);
    if (step.pendingSize > MAX_PENDING) print(step);
    // A step that ends at once needs no section: its end is waited for a little.
    if (sections && event.kind === 'step-start') return;
    if (now() - lastRefresh >= RATE_LIMIT_SECONDS) refresh();
  };

  const pause = () => {
    refresh();
    for (const step of updates) print(step);
    if (current) breakLine(current);
  };
  const finish = () => {
    pause();
    closeSection();
  };
  return { onEvent, refresh, pause, finish, refreshMilliseconds: 150 };
}

/** The step whose output is shown next; undefined when the present one keeps its turn. */
function chooseNext(
  current: PlainStep | undefined,
  waiting: readonly PlainStep[],
  now: number,
): PlainStep | undefined {
  const candidates = [...new Set(current ? [...waiting, current] : waiting)];
  const stats = candidates.map((step) => {
    const seconds = Math.max(now - step.blockStart, 0.001);
    return { step, seconds, speed: step.count / seconds };
  });
  const starved = stats.find(({ step, seconds }) => step !== current && seconds > MAX_WAIT_SECONDS);
  const busiest = stats.reduce((best, stat) => (stat.speed > best.speed ? stat : best));
  const own = stats.find(({ step }) => step === current);
  if (!own) return (starved ?? busiest).step;
  if (starved) return starved.step;
  const share = own.speed / stats.reduce((sum, { speed }) => sum + speed, 0);
  const isOverShare = ANTI_FLICKER_SECONDS / (1 - share) < own.seconds;
  return isOverShare && busiest !== own ? busiest.step : undefined;
}
