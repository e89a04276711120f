// Arguments to typed values: the pre-pass puts them into canonical form, yargs' parser reads them, variables fill the gaps.
// Only yargs' parser is loaded, not its command and help machinery: that halves its start-up cost.
import { Parser } from 'yargs/helpers';
import { canonicalArgv, notAChoice, VALUE_GUARD } from './canonical-argv.js';
import type { CommandName, OptionSpec } from './option-spec.js';
import { optionsOf, type FlagName, type ListName, type ValueName } from './options.js';

export interface ParsedArguments {
  readonly positionals: readonly string[];
  readonly flag: (name: FlagName) => boolean;
  /** The value given, else of its variable, else the default of the table. */
  readonly text: (name: ValueName) => string | undefined;
  readonly list: (name: ListName) => readonly string[];
  /** The rows of the options that stand on the command line, with their values; each once. */
  readonly given: readonly { readonly spec: OptionSpec; readonly values: readonly string[] }[];
}

const CONFIGURATION = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'short-option-groups': false,
};

/** @throws TsbuildError OPTION_UNKNOWN, OPTION_INVALID */
export function parseArguments(
  argv: readonly string[],
  command: CommandName,
  env: NodeJS.ProcessEnv,
): ParsedArguments {
  const specs = optionsOf(command);
  const namesOf = (isFlag: boolean) =>
    specs.filter((spec) => (spec.kind === 'flag') === isFlag).map((spec) => spec.name);
  const parsed = Parser(canonicalArgv(argv, specs), {
    array: namesOf(false),
    string: ['_', ...namesOf(false)],
    boolean: namesOf(true),
    configuration: CONFIGURATION,
  });
  const valuesOf = (name: string) => asList(parsed[name]).map((text) => text.slice(VALUE_GUARD.length));
  const specOf = new Map(specs.map((spec) => [spec.name, spec]));
  return {
    positionals: parsed._.map(String),
    flag: (name) => asList(parsed[name]).at(-1) === 'true',
    text: (name) => valuesOf(name).at(-1) ?? fallback(specOf.get(name), env),
    list: (name) => (parsed[name] === undefined ? asList(fallback(specOf.get(name), env)) : valuesOf(name)),
    given: specs
      .filter((spec) => parsed[spec.name] !== undefined)
      .map((spec) => ({
        spec,
        values: spec.kind === 'flag' ? asList(parsed[spec.name]) : valuesOf(spec.name),
      })),
  };
}

function asList(value: unknown): string[] {
  return value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String);
}

function fallback(spec: OptionSpec | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const fromEnv = spec?.env === undefined ? undefined : env[spec.env];
  if (!spec || !fromEnv) return spec?.default;
  if (spec.choices && !spec.choices.includes(fromEnv)) throw notAChoice(spec, fromEnv);
  return fromEnv;
}
