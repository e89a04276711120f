// The argv pre-pass: rewrites arguments, by the rules of pflag that docker's options follow, into the one form in which
// yargs cannot misread them. Without it yargs reads `-tfoo` as -t -f -o -o, loses a lone `-`, lets `-t` swallow the
// context and strips quotes around a value.
import { parseGoBool } from '../core/go-bool.js';
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import type { OptionSpec } from './option-spec.js';

/** Stands in front of every value, so that yargs never sees a quote or a dash at its start. */
export const VALUE_GUARD = '=';

interface Cursor {
  readonly argv: readonly string[];
  next: number;
}

/**
 * `--name=<guard>value` for each option, then `--` and the positionals.
 * @param areOptionsFirst what follows the first word are words, whatever they look like
 * @throws TsbuildError OPTION_UNKNOWN, OPTION_INVALID
 */
export function canonicalArgv(
  argv: readonly string[],
  specs: readonly OptionSpec[],
  areOptionsFirst = false,
): string[] {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const byAlias = new Map(specs.flatMap((spec) => (spec.alias ? [[spec.alias, spec] as const] : [])));
  const options: string[] = [];
  const positionals: string[] = [];
  const cursor: Cursor = { argv, next: 0 };
  while (cursor.next < argv.length) {
    const argument = argv[cursor.next++]!;
    if (argument === '--') positionals.push(...argv.slice(cursor.next, (cursor.next = argv.length)));
    else if (argument.startsWith('--')) options.push(longOption(argument, byName, cursor));
    else if (argument.startsWith('-') && argument !== '-')
      options.push(...shortOptions(argument, byAlias, cursor));
    else if (areOptionsFirst)
      positionals.push(argument, ...argv.slice(cursor.next, (cursor.next = argv.length)));
    else positionals.push(argument);
  }
  return [...options, '--', ...positionals];
}

function longOption(argument: string, byName: ReadonlyMap<string, OptionSpec>, cursor: Cursor): string {
  const equals = argument.indexOf('=');
  const name = argument.slice(2, equals < 0 ? undefined : equals);
  const spec = byName.get(name);
  if (!spec)
    throw unknownOption(`--${name}`, didYouMean(name, visibleNames(byName)).replace('mean ', 'mean --'));
  const value = equals < 0 ? undefined : argument.slice(equals + 1);
  return canonical(spec, value ?? valueAlone(spec, `--${name}`, cursor));
}

/** The value of an option that has none after `=`. */
function valueAlone(spec: OptionSpec, written: string, cursor: Cursor): string {
  if (spec.kind === 'flag') return 'true';
  return spec.bare ?? takeNext(spec, written, cursor);
}

function shortOptions(argument: string, byAlias: ReadonlyMap<string, OptionSpec>, cursor: Cursor): string[] {
  const out: string[] = [];
  for (let i = 1; i < argument.length; i++) {
    const letter = argument[i]!;
    const spec = byAlias.get(letter);
    if (!spec) throw unknownOption(`-${letter}${argument.length > 2 ? ` in ${argument}` : ''}`, '');
    const rest = argument.slice(i + 1);
    if (rest.startsWith('=')) return [...out, canonical(spec, rest.slice(1))];
    if (spec.kind !== 'flag') return [...out, canonical(spec, rest || takeNext(spec, `-${letter}`, cursor))];
    out.push(canonical(spec, 'true'));
  }
  return out;
}

function takeNext(spec: OptionSpec, written: string, cursor: Cursor): string {
  const value = cursor.argv[cursor.next++];
  if (value !== undefined) return value;
  throw new TsbuildError('OPTION_INVALID', `option needs an argument: ${written}`, {
    hint: `write ${written} ${spec.argument ?? 'VALUE'}`,
  });
}

function canonical(spec: OptionSpec, value: string): string {
  if (spec.kind === 'flag') return `--${spec.name}=${String(parseFlag(spec, value))}`;
  if (spec.choices && !spec.choices.includes(value)) throw notAChoice(spec, value);
  return `--${spec.name}=${VALUE_GUARD}${value}`;
}

function parseFlag(spec: OptionSpec, value: string): boolean {
  const parsed = parseGoBool(value);
  if (parsed !== undefined) return parsed;
  throw new TsbuildError(
    'OPTION_INVALID',
    `invalid argument ${JSON.stringify(value)} for "--${spec.name}": not a boolean`,
    {
      hint: `write --${spec.name} or --${spec.name}=false`,
    },
  );
}

/** For a value that is none of `choices`, from the command line or from the variable of that name. */
export function notAChoice(spec: OptionSpec, value: string, variable?: string): TsbuildError {
  const choices = spec.choices ?? [];
  const where = variable === undefined ? `"--${spec.name}"` : `the variable ${variable}`;
  return new TsbuildError(
    'OPTION_INVALID',
    `invalid argument ${JSON.stringify(value)} for ${where}${didYouMean(value, choices)}`,
    { hint: `use one of ${choices.join(', ')}` },
  );
}

function unknownOption(written: string, suggestion: string): TsbuildError {
  return new TsbuildError('OPTION_UNKNOWN', `unknown option: ${written}${suggestion}`, {
    hint:
      written === '-v' || written === '--version'
        ? 'tsbuild --version stands alone; a build takes no volumes: use RUN --mount'
        : 'tsbuild --help lists the options',
  });
}

function visibleNames(byName: ReadonlyMap<string, OptionSpec>): string[] {
  return [...byName.values()].filter((spec) => !spec.hidden).map((spec) => spec.name);
}
