// What `--why` and `tsbuild why` print: a step, what became of it, and the reasons below. Pure.
import type { StepExplanation } from '../../core/explain-steps.js';
import { shorten } from '../../core/shorten.js';
import { escapeLine } from './escape.js';

const WORDS = { ran: 'ran', cached: 'cached', failed: 'failed', canceled: 'canceled' } as const;

/** Ends with a newline; empty without steps. */
export function renderWhy(steps: readonly StepExplanation[]): string {
  return steps
    .flatMap(({ name, outcome, reasons }) => [
      `${WORDS[outcome].padEnd(8)} ${escapeLine(shorten(name))}`,
      ...reasons.map((reason) => `           ${escapeLine(shorten(reason))}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}
