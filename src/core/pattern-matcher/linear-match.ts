// Matching of regular expression tokens. Patterns come from untrusted trees, and JavaScript's engine backtracks: a
// pattern with many wildcards would take exponential time. Such patterns run on a set of states instead, in time linear
// in the path.
import type { RegexpToken } from './go-regexp.js';

/** Two repeats backtrack at most quadratically, which a path of 4096 bytes keeps harmless. */
const MAX_BACKTRACKING_REPEATS = 2;

/** A predicate over whole paths. The expression is anchored by its own `^` and `$`. */
export function compileTokens(tokens: readonly RegexpToken[]): (path: string) => boolean {
  const distinct = tokens.filter(
    (token, i) => token.kind !== 'directories' || tokens[i - 1]?.kind !== 'directories',
  );
  const repeats = distinct.filter((token) => token.kind === 'star' || token.kind === 'directories').length;
  if (repeats > MAX_BACKTRACKING_REPEATS) return simulate(distinct);
  const regexp = new RegExp(distinct.map(source).join(''), 'u');
  return (path) => regexp.test(path);
}

function source(token: RegexpToken): string {
  if (token.kind === 'assertion') return token.text;
  if (token.kind === 'directories') return '(?:[^\\n]*/)?';
  return token.kind === 'star' ? `${token.set}*` : token.set;
}

type CharTest = (char: string) => boolean;

interface State {
  readonly token: RegexpToken;
  readonly accepts: CharTest;
}

/** A state is the number of the token that comes next; `directories` has a second one for being inside it. */
function simulate(tokens: readonly RegexpToken[]): (path: string) => boolean {
  const states = tokens.map((token): State => ({ token, accepts: charTest(token) }));
  return (path) => {
    const chars = [...path];
    let current = close(states, new Set([0]), chars, 0);
    for (let at = 0; at < chars.length && current.size > 0 && !current.has(states.length); at++) {
      current = close(states, step(states, current, chars[at]!), chars, at + 1);
    }
    return current.has(states.length);
  };
}

function charTest(token: RegexpToken): CharTest {
  if (token.kind === 'assertion') return () => false;
  const set = new RegExp(`^${token.kind === 'directories' ? '[^\\n]' : token.set}$`, 'u');
  return (char) => set.test(char);
}

/** Being inside `directories` number n is the state -n - 1. */
function step(states: readonly State[], current: ReadonlySet<number>, char: string): Set<number> {
  const next = new Set<number>();
  for (const id of current) {
    const index = id < 0 ? -id - 1 : id;
    const state = states[index];
    if (!state?.accepts(char)) continue;
    if (state.token.kind === 'one') next.add(index + 1);
    else if (state.token.kind === 'star') next.add(index);
    else {
      next.add(-index - 1);
      if (char === '/') next.add(index + 1);
    }
  }
  return next;
}

/** Adds the states that are reached without a character. */
function close(
  states: readonly State[],
  from: Set<number>,
  chars: readonly string[],
  at: number,
): Set<number> {
  for (const id of from) {
    const token = id < 0 ? undefined : states[id]?.token;
    if (!token || token.kind === 'one') continue;
    if (token.kind !== 'assertion' || holds(token.text, chars, at)) from.add(id + 1);
  }
  return from;
}

function holds(assertion: string, chars: readonly string[], at: number): boolean {
  if (assertion === '^') return at === 0;
  if (assertion === '$') return at === chars.length;
  const isBoundary = /\w/.test(chars[at - 1] ?? '') !== /\w/.test(chars[at] ?? '');
  return isBoundary === (assertion === '\\b');
}
