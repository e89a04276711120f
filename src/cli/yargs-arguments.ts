// Any command line: the pre-pass puts the arguments into canonical form, yargs' parser reads them.
// Only yargs' parser is loaded, not its command and help machinery: that halves its start-up cost.
import { Parser } from 'yargs/helpers';
import { canonicalArgv, VALUE_GUARD } from './canonical-argv.js';
import type { GivenArguments } from './given-arguments.js';
import type { OptionSpec } from './option-spec.js';

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
export function yargsArguments(
  argv: readonly string[],
  specs: readonly OptionSpec[],
  areOptionsFirst = false,
): GivenArguments {
  const namesOf = (isFlag: boolean) =>
    specs.filter((spec) => (spec.kind === 'flag') === isFlag).map((spec) => spec.name);
  const parsed = Parser(canonicalArgv(argv, specs, areOptionsFirst), {
    array: namesOf(false),
    string: ['_', ...namesOf(false)],
    boolean: namesOf(true),
    configuration: CONFIGURATION,
  });
  const given = specs.filter((spec) => parsed[spec.name] !== undefined);
  return {
    positionals: parsed._.map(String),
    values: new Map(given.map((spec) => [spec.name, valuesOf(spec, parsed[spec.name])])),
  };
}

function valuesOf(spec: OptionSpec, value: unknown): string[] {
  const texts = (Array.isArray(value) ? value : [value]).map(String);
  return spec.kind === 'flag' ? texts : texts.map((text) => text.slice(VALUE_GUARD.length));
}
