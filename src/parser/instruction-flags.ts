// The flags of an instruction against those it knows. Spec: BuildKit's instructions/bflag.go.
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { syntaxError } from './syntax-error.js';

/** `text` takes one value, `list` may come again, `bool` may stand alone. */
export type FlagType = 'text' | 'list' | 'bool';

type FlagValue<T extends FlagType> = T extends 'bool'
  ? boolean
  : T extends 'list'
    ? readonly string[]
    : string;

/** Flags that were not given are absent, except for lists, which are empty. */
export type ParsedFlags<S extends Readonly<Record<string, FlagType>>> = {
  readonly [K in keyof S]: S[K] extends 'list' ? readonly string[] : FlagValue<S[K]> | undefined;
};

interface GivenFlag {
  readonly name: string;
  /** Undefined without `=`. */
  readonly value: string | undefined;
}

function splitFlag(flag: string): GivenFlag {
  const separator = flag.indexOf('=');
  if (separator < 0) return { name: flag.slice(2), value: undefined };
  return { name: flag.slice(2, separator), value: flag.slice(separator + 1) };
}

function parseBool({ name, value }: GivenFlag): boolean {
  if (value === '') throw syntaxError(`missing a value on flag: --${name}`);
  const lower = (value ?? 'true').toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  throw syntaxError(`expecting boolean value for flag --${name}, not: ${value}`);
}

function unknownFlag(name: string, known: readonly string[]): TsbuildError {
  return new TsbuildError(
    'DOCKERFILE_UNKNOWN_FLAG',
    `unknown flag: --${name}${didYouMean(name, known, { isCaseSensitive: true })}`,
  );
}

/**
 * @param flags as written, `--name[=value]`
 * @param spec the flags the instruction knows
 * @throws TsbuildError DOCKERFILE_UNKNOWN_FLAG; DOCKERFILE_SYNTAX for a duplicate, a missing or a wrong value
 */
export function parseFlags<S extends Readonly<Record<string, FlagType>>>(
  flags: readonly string[],
  spec: S,
): ParsedFlags<S> {
  const values = new Map<string, string | boolean | string[]>();
  for (const [name, type] of Object.entries(spec)) if (type === 'list') values.set(name, []);
  const seen = new Set<string>();
  for (const flag of flags.map(splitFlag)) {
    const { name, value } = flag;
    const type = Object.hasOwn(spec, name) ? spec[name] : undefined;
    if (type === undefined) throw unknownFlag(name, Object.keys(spec));
    if (type !== 'list' && seen.has(name)) throw syntaxError(`duplicate flag specified: --${name}`);
    seen.add(name);
    if (type === 'bool') values.set(name, parseBool(flag));
    else if (value === undefined) throw syntaxError(`missing a value on flag: --${name}`);
    else if (type === 'text') values.set(name, value);
    else (values.get(name) as string[]).push(value);
  }
  return Object.fromEntries(values) as ParsedFlags<S>;
}
