// The value of `# check=` (and of BUILDKIT_DOCKERFILE_CHECK): `skip=A,B;error=true;experimental=all`.
// Spec: BuildKit's linter/linter.go (ParseLintOptions).
import { TsbuildError } from '../core/errors.js';
import { parseGoBool } from '../core/go-bool.js';
import { trimSpace } from './go-space.js';
import { goQuote } from './go-quote.js';

/** `all`, or rule names (case-sensitive). */
export type RuleSelection = 'all' | readonly string[];

export interface CheckDirective {
  readonly skip: RuleSelection;
  readonly experimental: RuleSelection;
  readonly isError: boolean;
}

function parseSelection(value: string): RuleSelection {
  return value === 'all' ? 'all' : value.split(',').map(trimSpace);
}

function invalid(option: string): TsbuildError {
  return new TsbuildError(
    'DOCKERFILE_SYNTAX',
    `failed to parse check options: invalid check option ${goQuote(option)}`,
    {
      hint: 'Write skip=<rules>, error=<true|false> or experimental=<rules>, separated by semicolons.',
    },
  );
}

function parseError(part: string, value: string): boolean {
  const isError = parseGoBool(value);
  if (isError !== undefined) return isError;
  const cause = `strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`;
  throw new TsbuildError(
    'DOCKERFILE_SYNTAX',
    `failed to parse check options: failed to parse check option ${goQuote(part)}: ${cause}`,
  );
}

/** The first two semicolons separate; what follows the third part belongs to it, as in Go's SplitN(…, 3). */
function splitParts(value: string): string[] {
  const [first = '', second, ...rest] = value.split(';');
  return [first, second, rest.length > 0 ? rest.join(';') : undefined].filter((part) => part !== undefined);
}

/** @throws TsbuildError DOCKERFILE_SYNTAX `invalid check option "x"` */
export function parseCheckDirective(text: string): CheckDirective {
  let skip: RuleSelection = [];
  let experimental: RuleSelection = [];
  let isError = false;
  const trimmed = trimSpace(text);
  for (const part of trimmed === '' ? [] : splitParts(trimmed)) {
    const separator = part.indexOf('=');
    if (separator < 0) throw invalid(part);
    const key = trimSpace(part.slice(0, separator));
    const value = trimSpace(part.slice(separator + 1));
    if (key === 'skip') skip = parseSelection(value);
    else if (key === 'experimental') experimental = parseSelection(value);
    else if (key === 'error') isError = parseError(part, value);
    else throw invalid(key);
  }
  return { skip, experimental, isError };
}

/** Both at once: what either skips is skipped, what either turns on is on; `error` is that of `base` alone. */
export function mergeCheckDirective(base: CheckDirective, line: CheckDirective): CheckDirective {
  const merge = (a: RuleSelection, b: RuleSelection): RuleSelection =>
    a === 'all' || b === 'all' ? 'all' : [...a, ...b];
  return {
    skip: merge(base.skip, line.skip),
    experimental: merge(base.experimental, line.experimental),
    isError: base.isError,
  };
}
