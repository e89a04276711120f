// The last lines that a step has written, without escape sequences. Invariant: memory is bounded, whatever is written.
import { shorten } from '../core/shorten.js';
import { lastDrawn, sanitizeLog } from '../core/visible-text.js';
import type { StepOutput } from './report-data.js';

/** Lines that are kept. */
const MOST_LINES = 60;
/** Characters of a line. */
const LONGEST = 400;
/** Characters of a line that has not ended, of which the beginning is kept. */
const MOST_PENDING = 64 << 10;

export interface OutputTail {
  add(data: Uint8Array): void;
  /** Undefined when nothing was written. */
  end(): StepOutput | undefined;
}

export function createOutputTail(): OutputTail {
  const decoder = new TextDecoder();
  const lines: string[] = [];
  let left = 0;
  let pending = '';
  const push = (line: string): void => {
    lines.push(shorten(sanitizeLog(lastDrawn(line), { colors: 'drop' }), LONGEST));
    if (lines.length > MOST_LINES) left += lines.splice(0, lines.length - MOST_LINES).length;
  };
  return {
    add(data) {
      const parts = (pending + decoder.decode(data, { stream: true })).split('\n');
      pending = parts.pop()!.slice(0, MOST_PENDING);
      for (const part of parts) push(part);
    },
    end() {
      const rest = pending + decoder.decode();
      pending = '';
      if (rest !== '') push(rest);
      return lines.length === 0 ? undefined : { lines: [...lines], left };
    },
  };
}
