// Commands that take options alone.
import { TsbuildError } from '../core/errors.js';

/** @throws TsbuildError OPTION_INVALID */
export function refusePositionals(positionals: readonly string[], command: string): void {
  const [first] = positionals;
  if (first === undefined) return;
  throw new TsbuildError('OPTION_INVALID', `"tsbuild ${command}" takes no arguments, and got ${first}`, {
    hint: `tsbuild ${command} --help shows its options`,
  });
}
