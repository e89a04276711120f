// The pattern language of .dockerignore and --exclude: moby/patternmatcher, to the letter.
// Invariant: a list of patterns compiles or fails as a whole; matching never throws.
import { TsbuildError } from './errors.js';
import { cleanPath, trimSpace } from './pattern-matcher/clean-path.js';
import { compilePattern, type CompiledPattern } from './pattern-matcher/compile-pattern.js';

/** What is known of one path, to be handed on when its children are matched. */
export interface MatchState {
  readonly isMatched: boolean;
  /** Index in `patterns` of the pattern that had the last word, `!` patterns included; undefined when none matched. */
  readonly decidedBy: number | undefined;
  /** 1 for every pattern that matches the path or a parent of it. */
  readonly matches: Uint8Array;
}

export interface PatternMatcher {
  /** The patterns as given. */
  readonly patterns: readonly string[];
  /**
   * True when the last pattern that matches `path` or one of its parents is not a `!` one. `path` is relative, clean,
   * as text.
   */
  isMatch(path: string): boolean;
  /**
   * The same for a walk: `parent` is the state of the parent directory, absent for a path at the top. Matches
   * patternmatcher's MatchesUsingParentResults, which is what BuildKit walks with; it differs from `isMatch` in one
   * case: a `!` pattern for a parent does not undo a pattern that matches the child only (`a/b` `!a` ignores `a/b`).
   */
  matchChild(path: string, parent?: MatchState): MatchState;
  /** The pattern (as written) that decided for `path`, when it is matched: for messages. */
  explain(path: string): string | undefined;
  /** Whether any pattern starts with `!`. */
  readonly hasNegation: boolean;
  /** A directory that is matched may be left out of a walk unless a `!` pattern could bring back something below it. */
  couldReincludeBelow(path: string): boolean;
}

/**
 * @throws TsbuildError IGNORE_SYNTAX `illegal exclusion pattern: "!"` or `syntax error in pattern`, the pattern being
 * in the hint.
 */
export function compilePatterns(patterns: readonly string[]): PatternMatcher {
  const compiled = patterns.flatMap((text, index) => parsePattern(text, index) ?? []);
  const decide = (path: string): number | undefined => decideWithParents(compiled, path);
  const isDeciding = (decidedBy: number | undefined): boolean =>
    decidedBy !== undefined && compiled.some((p) => p.index === decidedBy && !p.isNegated);
  return {
    patterns,
    hasNegation: compiled.some((pattern) => pattern.isNegated),
    isMatch: (path) => isDeciding(decide(path)),
    matchChild: (path, parent) => matchChild(compiled, path, parent),
    explain(path) {
      const decidedBy = decide(path);
      return isDeciding(decidedBy) ? patterns[decidedBy!] : undefined;
    },
    couldReincludeBelow: (path) => couldReincludeBelow(compiled, path),
  };
}

interface Pattern {
  readonly index: number;
  readonly isNegated: boolean;
  /** Clean, without `!`. */
  readonly text: string;
  readonly test: CompiledPattern;
}

function parsePattern(written: string, index: number): Pattern | undefined {
  const trimmed = trimSpace(written);
  if (trimmed === '') return undefined;
  const clean = cleanPath(trimmed);
  if (clean === '!') throw new TsbuildError('IGNORE_SYNTAX', 'illegal exclusion pattern: "!"');
  const isNegated = clean.startsWith('!');
  const text = isNegated ? clean.slice(1) : clean;
  const test = compilePattern(text);
  if (test) return { index, isNegated, text, test };
  throw new TsbuildError('IGNORE_SYNTAX', 'syntax error in pattern', {
    hint: `correct the pattern ${JSON.stringify(written)}; a literal special character is written \\[ or [[]`,
  });
}

/** patternmatcher's MatchesOrParentMatches. The root is never matched. */
function decideWithParents(patterns: readonly Pattern[], path: string): number | undefined {
  if (path === '' || path === '.') return undefined;
  const paths = [path, ...parentsOf(path)];
  let decidedBy: number | undefined;
  let isMatched = false;
  for (const pattern of patterns) {
    if (pattern.isNegated !== isMatched || !paths.some(pattern.test)) continue;
    isMatched = !pattern.isNegated;
    decidedBy = pattern.index;
  }
  return decidedBy;
}

function matchChild(patterns: readonly Pattern[], path: string, parent: MatchState | undefined): MatchState {
  const matches = new Uint8Array(patterns.length);
  const parents = parent ? [] : parentsOf(path);
  let decidedBy: number | undefined;
  let isMatched = false;
  for (let i = 0; i < patterns.length; i++) {
    const pattern = patterns[i]!;
    if (parent?.matches[i] !== 1) {
      if (pattern.isNegated !== isMatched) continue;
      if (!pattern.test(path) && !parents.some(pattern.test)) continue;
    }
    matches[i] = 1;
    isMatched = !pattern.isNegated;
    decidedBy = pattern.index;
  }
  return { isMatched, decidedBy, matches };
}

/** `a/b/c` to `a`, `a/b`. */
function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let slash = path.indexOf('/', 1); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    parents.push(path.slice(0, slash));
  }
  return parents;
}

/**
 * The pruning rule of fsutil's filterFS.Walk: a `!` pattern with a wildcard may match anywhere, others by their prefix.
 */
function couldReincludeBelow(patterns: readonly Pattern[], path: string): boolean {
  const prefixes = patterns
    .filter((p) => p.isNegated)
    .map((p) => p.text.replace(/\/\*\*$/, '').replace(/\/\*$/, ''));
  return (
    prefixes.some((prefix) => /[*[\]?^\\]/.test(prefix)) ||
    prefixes.some((prefix) => `${prefix}/`.startsWith(`${path}/`))
  );
}
