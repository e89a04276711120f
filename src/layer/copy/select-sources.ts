// The sources of COPY and ADD: path rules, wildcards, followed links, --parents, --exclude.
// Matches dockerfile2llb's dispatchCopy and fsutil/copy's ResolveWildcards. No source leaves the root of the view.
import { TsbuildError } from '../../core/errors.js';
import { compilePatterns } from '../../core/pattern-matcher.js';
import { runThrough } from '../../core/run-through.js';
import { toUtf8, type ByteString } from '../../core/bytes.js';
import { ROOT, baseName, cleanPath, joinPath } from '../../core/tree-path.js';
import { tracePath } from '../resolve-path.js';
import type { TreeView } from '../tree-view.js';
import { containsWildcards } from './go-match.js';
import { matchWildcards } from './match-wildcards.js';
import type { SelectedSource, Selection } from './selection.js';
import { includeRule, walkSource, type WalkRules } from './walk-source.js';

export interface SourceRequest {
  /** As in the Dockerfile, variables expanded. */
  readonly sources: readonly ByteString[];
  /** `literal` for files that the builder made itself: heredocs, fetched files, git checkouts. */
  readonly wildcards: 'expand' | 'literal';
  readonly isParents?: boolean;
  /** --exclude patterns, relative to each source directory. */
  readonly excludes?: readonly string[];
  /** How messages call the tree: `context` or the name of a stage. */
  readonly origin: string;
}

/**
 * The selection in the order of the sources; a wildcard that matches nothing adds none.
 * @throws TsbuildError COPY_NOT_FOUND, DOCKERFILE_SYNTAX for a bad wildcard, IGNORE_SYNTAX for a bad --exclude
 */
export function selectSources(view: TreeView, request: SourceRequest): Selection {
  return runThrough(selectStepwise(view, request));
}

/** Looks for the sources that must exist, and at nothing else. @throws TsbuildError COPY_NOT_FOUND */
export function requireSources(view: TreeView, request: SourceRequest): void {
  for (const source of request.sources) {
    const { base, required } = request.isParents ? splitAtPivot(source) : wholeSource(source);
    if (required !== undefined) existing(view, required, request);
    if (!isPattern(base, request)) existing(view, base, request);
  }
}

/** The same as work that can pause: it yields behind each directory. */
export function* selectStepwise(view: TreeView, request: SourceRequest): Generator<void, Selection> {
  const excludes = request.excludes?.length ? compilePatterns(request.excludes) : undefined;
  const sources: SelectedSource[] = [];
  for (const source of request.sources) {
    const { base, include, required } = request.isParents ? splitAtPivot(source) : wholeSource(source);
    if (required !== undefined) existing(view, required, request);
    const rules = { excludes, include: include === undefined ? undefined : includeRule(include) };
    for (const path of expand(view, base, request))
      sources.push(yield* selectSource(view, path, { request, rules }));
  }
  return { view, sources };
}

/** Clean paths that the source stands for, by the names of the view; links in the last place are not followed yet. */
function expand(view: TreeView, base: ByteString, request: SourceRequest): readonly ByteString[] {
  return isPattern(base, request) ? matchWildcards(view, base) : [base];
}

function isPattern(base: ByteString, { wildcards }: SourceRequest): boolean {
  return wildcards === 'expand' && base.split('/').some(containsWildcards);
}

function* selectSource(
  view: TreeView,
  path: ByteString,
  { request, rules }: { request: SourceRequest; rules: WalkRules },
): Generator<void, SelectedSource> {
  const resolved = existing(view, path, request);
  return { name: baseName(path), path: resolved, entries: yield* walkSource(view, resolved, rules) };
}

/** The place behind `path` with all links followed. */
function existing(view: TreeView, path: ByteString, { origin }: SourceRequest): ByteString {
  const trace = tracePath(view, path, { followLast: true });
  if (trace.kind === 'path' && view.get(trace.path)) return trace.path;
  const reason = trace.kind === 'too-many-links' ? 'too many links' : 'not found';
  const message = `failed to calculate checksum of ref ${origin}: "/${toUtf8(path)}": ${reason}`;
  throw new TsbuildError('COPY_NOT_FOUND', `failed to compute cache key: ${message}`);
}

interface SourceParts {
  /** Clean; may have wildcards. */
  readonly base: ByteString;
  /** --parents: the paths to take, below `base`. */
  readonly include?: ByteString;
  /** --parents without wildcards: must exist. */
  readonly required?: ByteString;
}

function wholeSource(source: ByteString): SourceParts {
  return { base: cleanPath(source) };
}

/** `a/./b/c` keeps `b/c`; without the pivot `/./` the whole path is kept. */
function splitAtPivot(source: ByteString): SourceParts {
  const pivot = source.indexOf('/./');
  const base = pivot === -1 ? ROOT : cleanPath(source.slice(0, pivot));
  const include = cleanPath(pivot === -1 ? source : source.slice(pivot + 3));
  const hasWildcards = containsWildcards(base) || containsWildcards(include);
  return { base, include, ...(hasWildcards ? {} : { required: joinPath(base, include) }) };
}
