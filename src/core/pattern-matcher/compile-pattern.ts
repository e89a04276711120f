// One clean pattern to a predicate: the syntax check of Go's filepath.Match, then the translation of patternmatcher's
// Pattern.compile with its four kinds (exact, prefix, suffix, regular expression).
import { parseGoRegexp } from './go-regexp.js';
import { compileTokens } from './linear-match.js';

/** Whether the pattern matches exactly this path (not its parents). */
export type CompiledPattern = (path: string) => boolean;

/** undefined when the pattern is malformed (Go's ErrBadPattern). */
export function compilePattern(pattern: string): CompiledPattern | undefined {
  if (!isValidGlob(pattern)) return undefined;
  const { kind, regexp } = translate([...pattern]);
  if (kind === 'exact') return (path) => path === pattern;
  if (kind === 'prefix') {
    const prefix = pattern.slice(0, -2);
    return (path) => path.startsWith(prefix);
  }
  if (kind === 'suffix') {
    const suffix = pattern.slice(2);
    return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
  }
  const tokens = parseGoRegexp(regexp);
  return tokens && compileTokens(tokens);
}

type Kind = 'exact' | 'prefix' | 'suffix' | 'regexp';

function translate(chars: readonly string[]): { readonly kind: Kind; readonly regexp: string } {
  let regexp = '^';
  let kind: Kind = 'exact';
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (char === '*' && chars[at + 1] === '*') {
      const isFirst = at === 0;
      at += chars[at + 2] === '/' ? 2 : 1;
      if (at + 1 < chars.length) {
        regexp += '(.*/)?';
        kind = 'regexp';
      } else if (kind === 'exact') {
        kind = 'prefix';
      } else {
        regexp += '.*';
        kind = 'regexp';
      }
      if (isFirst) kind = 'suffix';
    } else if (char === '*' || char === '?') {
      regexp += char === '*' ? '[^/]*' : '[^/]';
      kind = 'regexp';
    } else if ('.+()|{}$'.includes(char)) {
      regexp += `\\${char}`;
    } else if (char === '\\') {
      regexp += `\\${chars[++at] ?? ''}`;
      kind = 'regexp';
    } else {
      regexp += char;
      if (char === '[' || char === ']') kind = 'regexp';
    }
  }
  return { kind, regexp: `${regexp}$` };
}

/** The well-formedness filepath.Match demands: classes are closed, not empty, and no escape stands at the end. */
function isValidGlob(pattern: string): boolean {
  let at: number | undefined = 0;
  while (at !== undefined && at < pattern.length) {
    if (pattern[at] === '\\') at = at + 1 < pattern.length ? at + 2 : undefined;
    else at = pattern[at] === '[' ? endOfClass(pattern, at + 1) : at + 1;
  }
  return at !== undefined;
}

/** Index after the `]` that closes the class whose content begins at `start`. */
function endOfClass(pattern: string, start: number): number | undefined {
  let at = pattern[start] === '^' ? start + 1 : start;
  for (let isFirst = true; ; isFirst = false) {
    if (pattern[at] === ']' && !isFirst) return at + 1;
    let next = endOfClassChar(pattern, at);
    if (next !== undefined && pattern[next] === '-') next = endOfClassChar(pattern, next + 1);
    if (next === undefined) return undefined;
    at = next;
  }
}

/**
 * filepath.Match's getEsc: index after one possibly escaped member; undefined when there is none or the pattern ends
 * with it.
 */
function endOfClassChar(pattern: string, at: number): number | undefined {
  if (pattern[at] === '-' || pattern[at] === ']') return undefined;
  const start = pattern[at] === '\\' ? at + 1 : at;
  const codePoint = pattern.codePointAt(start);
  if (codePoint === undefined) return undefined;
  const next = start + (codePoint > 0xffff ? 2 : 1);
  return next < pattern.length ? next : undefined;
}
