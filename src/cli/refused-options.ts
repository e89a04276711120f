// Options of buildx that tsbuild cannot serve: refused with what to use instead, unless their value asks for what
// happens anyway.
import { parseGoBool } from '../core/go-bool.js';
import { TsbuildError } from '../core/errors.js';
import type { ParsedArguments } from './typed-arguments.js';

/** Whether this value of a refused option turns its feature off. */
function isOff(value: string): boolean {
  return parseGoBool(value) === false;
}

/** @throws TsbuildError OPTION_UNSUPPORTED */
export function refuseUnsupported(args: ParsedArguments): void {
  for (const { spec, values } of args.given) {
    if (spec.use !== 'refused' || values.every(isOff)) continue;
    throw new TsbuildError('OPTION_UNSUPPORTED', `--${spec.name} is not supported`, { hint: spec.instead });
  }
}

/** One sentence for each option that is accepted and does nothing. */
export function ignoredOptions(args: ParsedArguments): string[] {
  return args.given
    .filter(({ spec }) => spec.use === 'ignored')
    .map(({ spec }) => `--${spec.name} does nothing here and is ignored`);
}
