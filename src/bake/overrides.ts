// `--set TARGET.KEY=VALUE`: what the command line says of targets whose names match (buildx bake/bake.go, newOverrides
// and AddOverrides).
import { TsbuildError } from '../core/errors.js';
import { parseGoBool } from '../core/go-bool.js';
import { didYouMean } from '../core/suggest.js';
import { attestOf, cachesOf, outputOf, secretOf, sshOf } from './entries.js';
import { matcherOf } from './name-pattern.js';
import { normalised } from './merge-targets.js';
import { findField } from './target-fields.js';
import type { SecretSpec, TargetSpec } from './target-spec.js';
import { withLoad, withPush } from './push-and-load.js';

export interface Override {
  /** `tags`, `args` */
  readonly key: string;
  /** `VERSION` of `args.VERSION`. */
  readonly member: string | undefined;
  readonly values: readonly string[];
  /** `+=`: added to what is there. */
  readonly isAdded: boolean;
}

const MAPS = ['args', 'contexts', 'labels', 'extra-hosts', 'resources'] as const;
const WITH_MEMBER: readonly string[] = [...MAPS, 'secret'];
/** Other words for attributes, as buildx has them. */
const FIELD_OF: Readonly<Record<string, string>> = { platform: 'platforms', secrets: 'secret' };
const SWITCHES: readonly string[] = ['push', 'load'];

/**
 * By name of target, each key once, in the order in which it was first given.
 * @param names of all targets
 * @throws TsbuildError OPTION_INVALID, TARGET_NOT_FOUND
 */
export function parseOverrides(
  texts: readonly string[],
  names: readonly string[],
  env: (name: string) => string | undefined,
): ReadonlyMap<string, readonly Override[]> {
  const found = new Map<string, Map<string, Override>>();
  for (const text of texts) {
    const { pattern, ...override } = parseOverride(text, env);
    if (override.values.length === 0) continue;
    for (const name of matching(pattern, names)) {
      const own = found.get(name) ?? new Map<string, Override>();
      const id = `${override.key}.${override.member ?? ''}`;
      own.set(id, { ...override, values: [...(own.get(id)?.values ?? []), ...override.values] });
      found.set(name, own);
    }
  }
  return new Map([...found].map(([name, own]) => [name, [...own.values()]]));
}

function parseOverride(
  text: string,
  env: (name: string) => string | undefined,
): Override & { readonly pattern: string } {
  const equals = text.indexOf('=');
  const left = equals < 0 ? text : text.slice(0, equals);
  const isAdded = left.endsWith('+');
  const [pattern = '', key, ...rest] = (isAdded ? left.slice(0, -1) : left).split('.');
  const member = rest.length > 0 ? rest.join('.') : undefined;
  if (!key) throw invalid(text, 'it is written TARGET.KEY=VALUE');
  if (
    !WITH_MEMBER.includes(key) &&
    !SWITCHES.includes(key) &&
    key !== 'platform' &&
    key !== 'secrets' &&
    !findField(key)
  )
    throw invalid(
      text,
      `there is no key ${key}${didYouMean(key, [...WITH_MEMBER, 'tags', 'platform', 'output', 'target', 'context', 'dockerfile'])}`,
    );
  if (key === 'inherits') throw invalid(text, 'what a target inherits cannot be overridden');
  if (WITH_MEMBER.includes(key) && !member)
    throw invalid(text, `${key} needs a name: ${pattern}.${key}.NAME=VALUE`);
  if (equals >= 0) return { pattern, key, member, isAdded, values: [text.slice(equals + 1)] };
  if (key !== 'args') throw invalid(text, 'it is written TARGET.KEY=VALUE');
  const value = env(member!);
  return { pattern, key, member, isAdded, values: value === undefined ? [] : [value] };
}

/** @throws TsbuildError TARGET_NOT_FOUND, OPTION_INVALID */
function matching(pattern: string, names: readonly string[]): readonly string[] {
  if (names.includes(pattern)) return [pattern];
  const found = names.filter(matcherOf(pattern));
  if (found.length > 0) return found;
  throw new TsbuildError(
    'TARGET_NOT_FOUND',
    `could not find any target matching '${pattern}'${didYouMean(pattern, names)}`,
    {
      hint: 'tsbuild bake --list targets shows the names',
    },
  );
}

/** @throws TsbuildError OPTION_INVALID, BAKE_INVALID */
export function withOverrides(spec: TargetSpec, overrides: readonly Override[]): TargetSpec {
  return overrides.reduce<TargetSpec>(
    (changed, override) => ({ ...changed, ...changeBy(changed, override) }),
    spec,
  );
}

function changeBy(spec: TargetSpec, { key, member, values, isAdded }: Override): Partial<TargetSpec> {
  const value = values.at(-1)!;
  if (key === 'push') return { output: withPush(spec.output ?? [], boolOf(key, value)) };
  if (key === 'load') return { output: withLoad(spec.output ?? [], boolOf(key, value)) };
  if (key === 'secret') return { secret: withSecret(spec.secret ?? [], member!, value) };
  if ((MAPS as readonly string[]).includes(key)) {
    const map = spec[key as (typeof MAPS)[number]] as Readonly<Record<string, string>> | undefined;
    return { [key]: { ...map, [member!]: value } };
  }
  const field = findField(FIELD_OF[key] ?? key)!;
  switch (field.form) {
    case 'flag':
      return { [field.key]: boolOf(key, value) };
    case 'text':
      return { [field.key]: value };
    default: {
      const made = values.filter(Boolean).flatMap((text) => entryOf(field.form, text));
      const isKept = isAdded || ['annotations', 'attest', 'entitlements'].includes(field.key);
      const before = isKept ? ((spec[field.key] ?? []) as readonly unknown[]) : [];
      return normalised({ [field.key]: [...before, ...made] });
    }
  }
}

function entryOf(form: string, text: string): readonly unknown[] {
  switch (form) {
    case 'attests':
      return [attestOf(text)];
    case 'caches':
      return cachesOf(text);
    case 'outputs':
      return [outputOf(text)];
    case 'secrets':
      return [secretOf(text)];
    case 'ssh':
      return [sshOf(text)];
    default:
      return [text];
  }
}

function withSecret(secrets: readonly SecretSpec[], id: string, csv: string): readonly SecretSpec[] {
  const { id: given, ...source } = secretOf(csv);
  if (given !== undefined && given !== id)
    throw new TsbuildError(
      'OPTION_INVALID',
      `secret override id ${JSON.stringify(given)} does not match declared secret ${JSON.stringify(id)}`,
    );
  if (!secrets.some((secret) => secret.id === id))
    throw new TsbuildError(
      'OPTION_INVALID',
      `secret ${JSON.stringify(id)} must be declared before it can be overridden`,
    );
  return secrets.map((secret) => (secret.id === id ? { id, ...source } : secret));
}

function boolOf(key: string, text: string): boolean {
  const value = parseGoBool(text);
  if (value !== undefined) return value;
  throw new TsbuildError('OPTION_INVALID', `invalid value ${text} for boolean key ${key}`);
}

function invalid(text: string, why: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `invalid override ${JSON.stringify(text)}: ${why}`, {
    hint: 'for instance --set app.tags=app:1, --set *.platform=linux/arm64, --set app.args.VERSION=2',
  });
}
