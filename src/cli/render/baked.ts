// What a bake prints on standard error when it has succeeded.
import type { BakeResult } from '../../index.js';
import { escapeLine } from './escape.js';

/** A line for each target, and how much was executed in all. */
export function renderBaked({ targets }: BakeResult): string {
  const all = Object.values(targets);
  const sum = (of: (result: (typeof all)[number]) => number): number =>
    all.reduce((total, one) => total + of(one), 0);
  const executed = sum((result) => result.executed);
  const lines = Object.entries(targets).map(
    ([name, { digest, names }]) =>
      `${name}: ${digest === undefined ? 'built' : `image ${digest}`}${names.map((one) => ` ${escapeLine(one)}`).join('')}`,
  );
  return [
    ...lines,
    `${executed} ${executed === 1 ? 'step' : 'steps'} executed, ${sum((result) => result.cached)} cached`,
    '',
  ].join('\n');
}
