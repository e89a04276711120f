// From a definition and what the command line asks for to the targets that are built: groups opened, inheritance worked
// out, overrides applied, linked targets added (buildx bake/bake.go, ReadTargets).
import { TsbuildError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import type { Definition, Group } from './definition.js';
import { cleanContext } from './context-path.js';
import { linkOf } from './links.js';
import { mergeTargets, normalised } from './merge-targets.js';
import { isPattern, matcherOf } from './name-pattern.js';
import { parseOverrides, withOverrides, type Override } from './overrides.js';
import type { TargetSpec } from './target-spec.js';

export interface ResolveOptions {
  /** Names and patterns of targets and groups. */
  readonly targets: readonly string[];
  /** `TARGET.KEY=VALUE` */
  readonly overrides: readonly string[];
  readonly env: (name: string) => string | undefined;
}

/** Without `inherits`, with `context` and `dockerfile`. */
export interface ResolvedTarget {
  readonly name: string;
  readonly spec: TargetSpec;
  /** Built only since another target needs it. */
  readonly isLinked: boolean;
}

export interface ResolvedDefinition {
  /** By name, in the order of names. */
  readonly targets: readonly ResolvedTarget[];
  readonly groups: readonly Group[];
}

/** @throws TsbuildError TARGET_NOT_FOUND, OPTION_INVALID, BAKE_INVALID */
export function resolveTargets(
  definition: Definition,
  { targets, overrides, env }: ResolveOptions,
): ResolvedDefinition {
  const asked = [...new Set(targets.map(nameOfTarget).flatMap((name) => matchingNames(definition, name)))];
  const names = definition.targets.map(({ name }) => name);
  const changes = parseOverrides(overrides, names, env);
  const opened = asked.map((name) => openGroup(definition, name, new Map()));
  const found = new Map<string, ResolvedTarget>();
  for (const name of opened.flatMap((one) => one.targets))
    if (!found.has(name))
      found.set(name, { name, spec: resolveTarget(definition, name, changes), isLinked: false });
  addLinked(definition, found, changes);
  const groups = new Map(
    opened
      .flatMap((one) => one.groups)
      .map((name) => [name, definition.groups.find((group) => group.name === name)!]),
  );
  return { targets: sorted([...found.values()]), groups: sorted(withDefault(groups, asked)) };
}

/** A service of compose may have a dot in its name. */
export function nameOfTarget(text: string): string {
  return text.replaceAll('.', '_');
}

function matchingNames({ groups, targets }: Definition, pattern: string): readonly string[] {
  if (!isPattern(pattern)) return [pattern];
  const isMatch = matcherOf(pattern);
  const found = [...groups, ...targets].map(({ name }) => name).filter(isMatch);
  if (found.length > 0) return found;
  throw new TsbuildError(
    'TARGET_NOT_FOUND',
    `could not find any target matching ${JSON.stringify(pattern)}`,
    {
      hint: 'tsbuild bake --list targets shows the names',
    },
  );
}

interface OpenedGroup {
  readonly targets: readonly string[];
  readonly groups: readonly string[];
}

/** A group within itself gives nothing more. */
function openGroup(definition: Definition, name: string, visited: Map<string, OpenedGroup>): OpenedGroup {
  const known = visited.get(name);
  if (known) return known;
  const group = definition.groups.find((one) => one.name === name);
  if (!group) return { targets: [name], groups: [] };
  visited.set(name, { targets: [], groups: [] });
  const opened = group.targets.map(nameOfTarget).map((one) => {
    const inner = openGroup(definition, one, visited);
    // A name within the group of that name is the target.
    return inner.targets.length > 0 ? inner : { ...inner, targets: [one] };
  });
  const all: OpenedGroup = {
    targets: [...new Set(opened.flatMap((one) => one.targets))],
    groups: [...new Set([name, ...opened.flatMap((one) => one.groups)])],
  };
  visited.set(name, all);
  return all;
}

type Changes = ReadonlyMap<string, readonly Override[]>;

function resolveTarget(definition: Definition, name: string, changes: Changes): TargetSpec {
  const { inherits: _, ...spec } = inheriting(definition, name, { changes, visited: new Map() }) ?? {};
  return { ...spec, context: cleanContext(spec.context ?? '.'), dockerfile: spec.dockerfile || 'Dockerfile' };
}

interface Inheritance {
  readonly changes: Changes;
  readonly visited: Map<string, TargetSpec | undefined>;
}

/** Undefined for a target that is among its own heirs: it has nothing to give. */
function inheriting(definition: Definition, name: string, inheritance: Inheritance): TargetSpec | undefined {
  const { changes, visited } = inheritance;
  if (visited.has(name)) return visited.get(name);
  visited.set(name, undefined);
  const own = definition.targets.find((target) => target.name === name);
  if (!own) throw missing(definition, name);
  const parents = (own.spec.inherits ?? []).map(
    (parent) => inheriting(definition, parent, inheritance) ?? {},
  );
  const merged = mergeTargets(parents.reduce<TargetSpec>(mergeTargets, {}), own.spec);
  const spec = normalised(withOverrides(merged, changes.get(name) ?? []));
  visited.set(name, spec);
  return spec;
}

function missing({ targets, groups }: Definition, name: string): TsbuildError {
  const known = [...groups, ...targets].map((one) => one.name);
  return new TsbuildError('TARGET_NOT_FOUND', `failed to find target ${name}${didYouMean(name, known)}`, {
    hint:
      name === 'default'
        ? 'name a target, or define the group default'
        : `the targets are ${targets.map((one) => one.name).join(', ') || 'none'}`,
  });
}

/** What contexts name is built too, for its heirs alone. Entitlements are asked for by those who use it. */
function addLinked(definition: Definition, found: Map<string, ResolvedTarget>, changes: Changes): void {
  const link = (name: string, path: readonly string[]): void => {
    for (const value of Object.values(found.get(name)!.spec.contexts ?? {})) {
      const other = linkOf(value);
      if (other === undefined) continue;
      if (other === name) throw new TsbuildError('BAKE_INVALID', `target ${name} cannot link to itself`);
      if (path.includes(other))
        throw new TsbuildError('BAKE_INVALID', `infinite loop from ${name} to ${other}`);
      if (!found.has(other)) {
        const spec = { ...resolveTarget(definition, other, changes), output: [{ type: 'cacheonly' }] };
        found.set(other, { name: other, spec, isLinked: true });
      }
      link(other, [...path, other]);
      const user = found.get(name)!;
      requirePlatforms(user, found.get(other)!);
      const asked = found.get(other)!.spec.entitlements ?? [];
      const entitlements = [...new Set([...(user.spec.entitlements ?? []), ...asked])];
      if (entitlements.length > 0) found.set(name, { ...user, spec: { ...user.spec, entitlements } });
    }
  };
  for (const name of found.keys()) link(name, [name]);
}

function requirePlatforms({ name, spec }: ResolvedTarget, linked: ResolvedTarget): void {
  const [wanted, made] = [spec.platforms ?? [], linked.spec.platforms ?? []];
  if (wanted.length < 2 || made.length < 2 || wanted.every((platform) => made.includes(platform))) return;
  throw new TsbuildError(
    'BAKE_INVALID',
    `target ${linked.name} can't be used by ${name} because its platforms ${made.join(', ')} do not include ${wanted.join(', ')}`,
  );
}

/** What was asked for is the group `default` of the result. */
function withDefault(groups: ReadonlyMap<string, Group>, asked: readonly string[]): readonly Group[] {
  const named = asked.filter((name) => name !== 'default' || !groups.has('default'));
  const before = groups.get('default');
  const targets = [...new Set([...(before?.targets ?? []), ...named])].sort();
  const group: Group = { ...before, name: 'default', targets };
  return [...new Map([...groups, ['default', group] as const]).values()];
}

function sorted<T extends { readonly name: string }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
}
