// What was given to typed values: variables and the table fill the gaps.
import { notAChoice } from './canonical-argv.js';
import type { GivenArguments } from './given-arguments.js';
import type { OptionSpec } from './option-spec.js';
import type { FlagName, ListName, ValueName } from './options.js';

export interface ParsedArguments {
  readonly positionals: readonly string[];
  readonly flag: (name: FlagName) => boolean;
  /** The value given, else of its variable, else the default of the table. */
  readonly text: (name: ValueName) => string | undefined;
  readonly list: (name: ListName) => readonly string[];
  /** The rows of the options that stand on the command line, with their values; each once. */
  readonly given: readonly { readonly spec: OptionSpec; readonly values: readonly string[] }[];
}

/** Accesses throw TsbuildError OPTION_INVALID for a variable with a value that is none of the choices. */
export function typedArguments(
  { positionals, values }: GivenArguments,
  specs: readonly OptionSpec[],
  env: NodeJS.ProcessEnv,
): ParsedArguments {
  const specOf = new Map(specs.map((spec) => [spec.name, spec]));
  const fallback = (name: string) => fallbackOf(specOf.get(name), env);
  const listFallback = (name: string) => {
    const text = fallback(name);
    return text === undefined ? [] : [text];
  };
  return {
    positionals,
    flag: (name) => values.get(name)?.at(-1) === 'true',
    text: (name) => values.get(name)?.at(-1) ?? fallback(name),
    list: (name) => values.get(name) ?? listFallback(name),
    given: specs.flatMap((spec) => {
      const given = values.get(spec.name);
      return given ? [{ spec, values: given }] : [];
    }),
  };
}

function fallbackOf(spec: OptionSpec | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const fromEnv = spec?.env === undefined ? undefined : env[spec.env];
  if (!spec || !fromEnv) return spec?.default;
  if (spec.choices && !spec.choices.includes(fromEnv)) throw notAChoice(spec, fromEnv, spec.env);
  return fromEnv;
}
