// What a build prints on standard error when it has succeeded.
import type { BuildResult } from '../../index.js';
import { escapeLine } from './escape.js';

/** Image digest, names, and how much was executed. */
export function renderSummary({ digest, names, executed, cached }: BuildResult): string {
  const steps = `${executed} ${executed === 1 ? 'step' : 'steps'} executed, ${cached} cached`;
  return [
    ...(digest === undefined ? [] : [`image ${digest}`]),
    ...names.map((name) => `named ${escapeLine(name)}`),
    steps,
    '',
  ].join('\n');
}
