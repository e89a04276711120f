// The arguments in front of the first FROM, which FROM itself expands.
// Spec: BuildKit's dockerfile2llb/convert.go (buildMetaArgs).
import { TsbuildError } from '../../core/errors.js';
import { expandWord, type Environment, type ExpandResult } from '../expand-word.js';
import type { Dockerfile } from '../instruction.js';

export interface GlobalScope {
  readonly environment: Environment;
  /** Every name that FROM may use: automatic arguments and declared ones, with or without a value. */
  readonly names: ReadonlySet<string>;
}

const AUTOMATIC = ['PLATFORM', 'OS', 'OSVERSION', 'ARCH', 'VARIANT'].flatMap((part) => [
  `BUILD${part}`,
  `TARGET${part}`,
]);

/** Stand-ins for when the caller does not say: names and shape matter to the checks, values do not. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(AUTOMATIC.map((name) => [name, ''])),
  BUILDPLATFORM: 'linux/amd64',
  BUILDOS: 'linux',
  BUILDARCH: 'amd64',
  TARGETPLATFORM: 'linux/amd64',
  TARGETOS: 'linux',
  TARGETARCH: 'amd64',
  TARGETSTAGE: 'default',
};

/** The expansion, or undefined when the word is faulty: the build reports that, a check does not. */
export function tryExpand(word: string, environment: Environment, escape: string): ExpandResult | undefined {
  try {
    return expandWord(word, environment, { escape });
  } catch (error) {
    if (error instanceof TsbuildError) return undefined;
    throw error;
  }
}

export interface GlobalScopeOptions {
  readonly automaticArgs?: Readonly<Record<string, string>> | undefined;
  /** Left out: defaults only. */
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
}

export function createGlobalScope(
  dockerfile: Dockerfile,
  { automaticArgs, buildArgs = {} }: GlobalScopeOptions,
): GlobalScope {
  const values = new Map(Object.entries({ ...PLACEHOLDERS, ...automaticArgs }));
  const names = new Set(values.keys());
  const environment: Environment = (name) => values.get(name);
  for (const { key, value } of dockerfile.globalArgs.flatMap(({ args }) => args)) {
    const given = Object.hasOwn(buildArgs, key) ? buildArgs[key] : undefined;
    const result =
      given ?? (value === undefined ? undefined : tryExpand(value, environment, dockerfile.escape)?.text);
    if (result !== undefined) values.set(key, result);
    names.add(key);
  }
  return { environment, names };
}
