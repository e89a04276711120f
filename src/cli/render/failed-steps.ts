// Keeps the last lines of output of the steps that run, so that the output of a step that failed can be shown once more
// at the end, in every mode (BuildKit's util/progress/progressui/display.go, printErrorLogs).
import type { BuildEvent, EventSink } from '../../core/events.js';
import { escapeMessage, sanitizeLog } from './escape.js';
import { formatLogTime } from './format.js';
import { createLogLines, type LogLine, type LogLines } from './log-lines.js';

const TAIL_LINES = 10;

interface Step {
  readonly name: string;
  startTime: number;
  readonly log: LogLines;
  tail: LogLine[];
}

export interface FailedSteps {
  readonly onEvent: EventSink;
  /** A block for each step that failed; empty when none did. */
  readonly render: () => string;
}

export function createFailedSteps(): FailedSteps {
  const running = new Map<string, Step>();
  const failed: Step[] = [];
  const onEvent = (event: BuildEvent) => {
    if (event.kind === 'step-start') {
      running.set(event.step.id, {
        name: event.step.name,
        startTime: event.time,
        log: createLogLines(),
        tail: [],
      });
    } else if (event.kind === 'step-work') {
      const step = running.get(event.id);
      if (step) step.startTime = event.time;
    } else if (event.kind === 'step-log') {
      const step = running.get(event.id);
      if (step)
        step.tail = [...step.tail, ...step.log.write(event.data, event.time).slice(-TAIL_LINES)].slice(
          -TAIL_LINES,
        );
    } else if (event.kind === 'step-end') {
      const step = running.get(event.id);
      running.delete(event.id);
      if (step && event.status === 'error') failed.push(step);
    }
  };
  return { onEvent, render: () => failed.map(renderBlock).join('') };
}

function renderBlock({ name, startTime, log, tail }: Step): string {
  const partial = log.partial();
  const lines = [...tail, ...(partial ? [partial] : [])].slice(-TAIL_LINES);
  const rows = lines.map(
    (line) => `${formatLogTime(line.time - startTime)} ${sanitizeLog(line.text, { colors: 'keep' })}\n`,
  );
  return `------\n > ${escapeMessage(name)}:\n${rows.join('')}------\n`;
}
