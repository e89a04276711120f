// What a token is for (distribution/spec auth/scope): repositories and actions on them. Pure.
// Invariant: never more is asked for than the caller wants to do, whatever a registry says.

/** `repository:a/b:pull,push` */
export type Scope = `repository:${string}:${'pull' | 'pull,push'}`;

export function pullScope(repository: string): Scope {
  return `repository:${repository}:pull`;
}

export function pushScope(repository: string): Scope {
  return `repository:${repository}:pull,push`;
}

/** Of a mount: some token servers read the first scope only, which is that of the target. */
export function mountScopes(target: string, source: string): readonly Scope[] {
  return [pushScope(target), pullScope(source)];
}

const ASKED = /^repository:([a-z0-9._/-]{1,255}):(pull|pull,push|push,pull|push)$/;

interface Asked {
  readonly repository: string;
  readonly isPush: boolean;
}

function parseAsked(text: string): Asked | undefined {
  const [, repository, actions] = ASKED.exec(text) ?? [];
  return repository === undefined ? undefined : { repository, isPush: actions?.includes('push') ?? false };
}

/**
 * The scopes to ask a token server for. Some registries keep a repository under another name and say so in their
 * challenge: that name is asked for as well, with no more actions than the caller has on its own.
 * @param asked the parameter `scope` of the challenge
 */
export function scopesToAsk(wanted: readonly Scope[], asked: string | undefined): readonly Scope[] {
  const mayPush = wanted.some((scope) => scope.endsWith(':pull,push'));
  const own = new Set(wanted.map((scope) => parseAsked(scope)?.repository));
  const others = (asked ?? '')
    .split(' ')
    .map(parseAsked)
    .filter((scope) => scope !== undefined && !own.has(scope.repository) && (mayPush || !scope.isPush))
    .map((scope) => (scope?.isPush ? pushScope(scope.repository) : pullScope(scope?.repository ?? '')));
  // A challenge that names several others wants something else than to tell a repository's second name.
  return others.length === 1 ? [...wanted, ...others] : wanted;
}
