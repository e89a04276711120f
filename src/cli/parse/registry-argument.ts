// The one argument of `login` and `logout`.
import { TsbuildError } from '../../core/errors.js';

/** Undefined when there is none. @throws TsbuildError OPTION_INVALID */
export function registryArgument(positionals: readonly string[], command: string): string | undefined {
  if (positionals.length <= 1) return positionals[0];
  throw new TsbuildError(
    'OPTION_INVALID',
    `"tsbuild ${command}" takes one registry, but ${positionals.length} arguments were given`,
    { hint: `write tsbuild ${command} [OPTIONS] [REGISTRY]` },
  );
}
