// A `[[registry]]` of registries.conf (containers-registries.conf(5)): which names it is for and where they are.

/** Which images a mirror is asked for, by how they are named. */
export type MirrorUse = 'all' | 'digest-only' | 'tag-only';

export interface RuleMirror {
  /** `host[:port][/path]`, in the place of the prefix. */
  readonly location: string;
  readonly use: MirrorUse;
}

export interface RegistryRule {
  /** `host[:port][/path]`, or `*.host`. */
  readonly prefix: string;
  /** In the place of the prefix; undefined when names stay what they are. */
  readonly location?: string;
  readonly isBlocked: boolean;
  readonly mirrors: readonly RuleMirror[];
  /** For messages. */
  readonly file: string;
}

/** The rest of a name below a prefix, with its slash; undefined when the prefix does not cover it. */
export function restBelow(name: string, prefix: string): string | undefined {
  if (prefix.startsWith('*.')) {
    const slash = name.indexOf('/');
    const host = name.slice(0, slash);
    return host.endsWith(prefix.slice(1)) && host.length > prefix.length - 1 ? name.slice(slash) : undefined;
  }
  if (name === prefix) return '';
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length) : undefined;
}

/** The rule of a repository (`host/path`): the one that covers the longest part of its name, an exact one first. */
export function findRule(rules: readonly RegistryRule[], name: string): RegistryRule | undefined {
  const rated = rules.flatMap((rule) => {
    const rest = restBelow(name, rule.prefix);
    if (rest === undefined) return [];
    return [{ rule, covered: name.length - rest.length, isExact: !rule.prefix.startsWith('*') }];
  });
  rated.sort((a, b) => b.covered - a.covered || Number(b.isExact) - Number(a.isExact));
  return rated[0]?.rule;
}
