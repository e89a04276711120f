// Which paths of a directory the ignore rules leave, by BuildKit's walk (fsutil's filterFS): states of directories are
// kept for their children, and an ignored directory exists exactly when something below it was brought back by a `!`
// pattern.
import { toUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import type { MatchState, PatternMatcher } from '../core/pattern-matcher.js';
import type { DirectoryListing } from './directory-listing.js';

export interface Visibility {
  /** For a path whose parent is visible. */
  isVisible(path: ByteString): boolean;
  /** Visible names in a visible directory, sorted bytewise. */
  children(path: ByteString): readonly ByteString[];
  /** Index of the pattern that hides the path; undefined when it is not matched. The path need not exist. */
  hiddenBy(path: ByteString): number | undefined;
}

export interface VisibilityOptions {
  readonly listing: DirectoryListing;
  readonly matcher: PatternMatcher | undefined;
}

export function createVisibility({ listing, matcher }: VisibilityOptions): Visibility {
  if (!matcher || matcher.patterns.length === 0) {
    return {
      isVisible: () => true,
      children: listing.names,
      hiddenBy: () => undefined,
    };
  }
  const directoryStates = new Map<ByteString, MatchState>();
  const decided = new Map<ByteString, boolean>();
  const visibleNames = new Map<ByteString, readonly ByteString[]>();

  const directoryState = (path: ByteString): MatchState | undefined => {
    if (path === '') return undefined;
    let state = directoryStates.get(path);
    if (!state) directoryStates.set(path, (state = stateOf(path)));
    return state;
  };
  const stateOf = (path: ByteString): MatchState =>
    matcher.matchChild(toUtf8(path), directoryState(parentOf(path)));

  const hasVisibleBelow = (path: ByteString): boolean =>
    listIgnored(listing, path).some(({ name, isDirectory }) =>
      isNameVisible(join(path, name), () => isDirectory),
    );
  const isNameVisible = (path: ByteString, isDirectory: () => boolean): boolean => {
    let isVisible = decided.get(path);
    if (isVisible === undefined) decided.set(path, (isVisible = decide(path, isDirectory)));
    return isVisible;
  };
  const decide = (path: ByteString, isDirectory: () => boolean): boolean =>
    !stateOf(path).isMatched ||
    (matcher.couldReincludeBelow(toUtf8(path)) && isDirectory() && hasVisibleBelow(path));
  const selectChildren = (path: ByteString): readonly ByteString[] =>
    listing
      .list(path)
      .filter(({ name, isDirectory }) => isNameVisible(join(path, name), () => isDirectory))
      .map((entry) => entry.name);

  return {
    isVisible: (path) => isNameVisible(path, () => listing.look(path)?.node.type === 'dir'),
    children(path) {
      let names = visibleNames.get(path);
      if (!names) visibleNames.set(path, (names = selectChildren(path)));
      return names;
    },
    hiddenBy(path) {
      const state = stateOf(path);
      return state.isMatched ? state.decidedBy : undefined;
    },
  };
}

/** A directory that is ignored anyway may be unreadable. */
function listIgnored(listing: DirectoryListing, path: ByteString): ReturnType<DirectoryListing['list']> {
  try {
    return listing.list(path);
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'CONTEXT_UNREADABLE') return [];
    throw error;
  }
}

function parentOf(path: ByteString): ByteString {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0)) as ByteString;
}

function join(directory: ByteString, name: ByteString): ByteString {
  return (directory === '' ? name : `${directory}/${name}`) as ByteString;
}
