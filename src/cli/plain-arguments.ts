// The arguments of an everyday command line, read without yargs: loading that takes longer than all the rest of reading
// them.
// Invariant: the result is that of yargs; everything that could be read in more than one way is left to it.
import type { GivenArguments } from './given-arguments.js';
import type { OptionSpec } from './option-spec.js';

/**
 * Undefined for anything but words, `--flag` and `-f` once, `--name value`, `--name=value` and `-n value`, with names
 * of the table and values that are not empty, do not begin with a dash and are one of the choices.
 * @param areOptionsFirst what follows the first word are words, whatever they look like
 */
export function plainArguments(
  argv: readonly string[],
  specs: readonly OptionSpec[],
  areOptionsFirst = false,
): GivenArguments | undefined {
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  for (let next = 0; next < argv.length;) {
    const argument = argv[next++]!;
    if (isWord(argument)) {
      positionals.push(argument);
      if (areOptionsFirst) positionals.push(...argv.slice(next, (next = argv.length)));
      continue;
    }
    const option = optionIn(argument, specs);
    const value = option?.value ?? argv[next++];
    if (!option || value === undefined || !isPlainValue(option.spec, value)) return undefined;
    const { name, kind } = option.spec;
    const known = values.get(name);
    if (known && kind === 'flag') return undefined;
    if (known) known.push(value);
    else values.set(name, [value]);
  }
  return { positionals, values };
}

/** The row, and the value unless that is the next argument. */
function optionIn(
  argument: string,
  specs: readonly OptionSpec[],
): { readonly spec: OptionSpec; readonly value?: string } | undefined {
  const isLong = argument.startsWith('--');
  const equals = isLong ? argument.indexOf('=') : -1;
  const name = argument.slice(isLong ? 2 : 1, equals < 0 ? undefined : equals);
  const spec = specs.find((row) => name === (isLong ? row.name : row.alias));
  if (!spec || (spec.kind === 'flag' && equals >= 0)) return undefined;
  if (spec.kind === 'flag') return { spec, value: 'true' };
  if (spec.bare !== undefined && equals < 0) return { spec, value: spec.bare };
  return equals < 0 ? { spec } : { spec, value: argument.slice(equals + 1) };
}

function isWord(argument: string): boolean {
  return argument !== '' && !argument.startsWith('-');
}

function isPlainValue({ choices }: OptionSpec, value: string): boolean {
  return isWord(value) && choices?.includes(value) !== false;
}
