// The pattern language of .dockerignore and --exclude: moby/patternmatcher, to the letter. (Placeholder signature; see docs.)
export interface PatternMatcher {
  /** True when the last pattern that matches `path` or one of its parents is not a `!` one. `path` is relative, clean, as text. */
  isMatch(path: string): boolean;
  /** The pattern (as written) that decided for `path`, when it is matched: for messages. */
  explain(path: string): string | undefined;
  /** Whether any pattern starts with `!`. */
  readonly hasNegation: boolean;
  /** A directory that is matched may be left out of a walk unless a `!` pattern could bring back something below it. */
  couldReincludeBelow(path: string): boolean;
}
