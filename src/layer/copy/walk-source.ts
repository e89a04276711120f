// Everything that is copied of one source, under --exclude and --parents. Matches the walk of fsutil/copy: the source
// itself is never filtered, so that --exclude does not concern a source that is a file; links below it are not
// followed.
import { compilePatterns, type MatchState, type PatternMatcher } from '../../core/pattern-matcher.js';
import { toUtf8, type ByteString } from '../../core/bytes.js';
import { ROOT, joinPath } from '../../core/tree-path.js';
import type { TreeView } from '../tree-view.js';
import { containsWildcards } from './go-match.js';
import type { SelectedEntry } from './selection.js';

export interface WalkRules {
  readonly excludes: PatternMatcher | undefined;
  readonly include: IncludeRule | undefined;
}

/** One pattern; only its matches, and everything below them, are copied. */
export interface IncludeRule {
  readonly matcher: PatternMatcher;
  /** The components before the first wildcard: nothing elsewhere can match. */
  readonly literal: ByteString;
}

/** `pattern` is clean; '' includes everything. */
export function includeRule(pattern: ByteString): IncludeRule {
  return {
    matcher: compilePatterns([pattern === '' ? '**' : toUtf8(pattern)]),
    literal: literalDirectories(pattern),
  };
}

/** '' when the pattern language reads the text as something else than a name. */
function literalDirectories(pattern: ByteString): ByteString {
  if (/^[!\s]|\s$|\\/.test(pattern)) return ROOT;
  const names = pattern.split('/');
  const first = names.findIndex(containsWildcards);
  return (first === -1 ? names : names.slice(0, first)).join('/') as ByteString;
}

interface Walk {
  readonly view: TreeView;
  readonly source: ByteString;
  readonly rules: WalkRules;
  readonly entries: SelectedEntry[];
  /** Directories on the way that are not included themselves and wait for something below them that is. */
  readonly waiting: SelectedEntry[];
}

interface States {
  readonly include?: MatchState;
  readonly exclude?: MatchState;
}

/** Yields behind each directory. `source` exists and is no link. */
export function* walkSource(
  view: TreeView,
  source: ByteString,
  rules: WalkRules,
): Generator<void, readonly SelectedEntry[]> {
  const node = view.get(source)!;
  const entries: SelectedEntry[] = [{ path: ROOT, node, isIncluded: true }];
  if (node.type === 'dir') yield* walkDirectory({ view, source, rules, entries, waiting: [] }, ROOT, {});
  return entries;
}

function* walkDirectory(walk: Walk, directory: ByteString, parent: States): Generator<void, void> {
  const { view, source, rules, entries, waiting } = walk;
  const isFiltered = rules.include !== undefined || rules.excludes !== undefined;
  for (const name of view.children(joinPath(source, directory))) {
    const path = joinPath(directory, name);
    const node = view.get(joinPath(source, path))!;
    const states = isFiltered ? statesOf(rules, path, parent) : parent;
    const isIncluded = !isFiltered || isIncludedBy(states);
    const entry = { path, node, isIncluded };
    if (isIncluded && waiting.length > 0) entries.push(...waiting.splice(0));
    if (isIncluded) entries.push(entry);
    if (node.type !== 'dir' || !isWorthEntering(rules, path, states)) continue;
    if (!isIncluded) waiting.push(entry);
    yield* walkDirectory(walk, path, states);
    if (waiting.at(-1) === entry) waiting.pop();
  }
  yield;
}

function statesOf({ include, excludes }: WalkRules, path: ByteString, parent: States): States {
  const text = toUtf8(path);
  return {
    ...(include && { include: include.matcher.matchChild(text, parent.include) }),
    ...(excludes && { exclude: excludes.matchChild(text, parent.exclude) }),
  };
}

function isIncludedBy({ include, exclude }: States): boolean {
  return include?.isMatched !== false && exclude?.isMatched !== true;
}

/** False only when nothing below can be copied. */
function isWorthEntering(
  { include, excludes }: WalkRules,
  path: ByteString,
  { include: included, exclude }: States,
): boolean {
  if (exclude?.isMatched && !excludes?.couldReincludeBelow(toUtf8(path))) return false;
  if (!include || included?.isMatched) return true;
  const { literal } = include;
  return literal === '' || `${literal}/`.startsWith(`${path}/`) || path.startsWith(`${literal}/`);
}
