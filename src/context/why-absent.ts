// Why a path is not in the context: hidden by an ignore rule, or not there at all. The most asked question about COPY.
import { toUtf8, type ByteString } from '../core/bytes.js';
import { suggest } from '../core/suggest.js';
import type { DirectoryListing } from './directory-listing.js';
import type { IgnoreRules } from './ignore-file.js';
import type { Visibility } from './visibility.js';

export type Absence =
  /** The file is on disk, and this rule hides it (or a directory above it). */
  | { readonly kind: 'ignored'; readonly pattern: string; readonly ignoreFile: string; readonly line: number }
  /** `didYouMean`: a path of the view with a near name, as text. */
  | { readonly kind: 'missing'; readonly didYouMean?: string };

export interface AbsenceQuery {
  readonly path: ByteString;
  readonly listing: DirectoryListing;
  readonly visibility: Visibility;
  /** Names visible in a directory. */
  readonly children: (path: ByteString) => readonly ByteString[];
  readonly ignore: IgnoreRules | undefined;
}

export function explainAbsence({ path, listing, visibility, children, ignore }: AbsenceQuery): Absence {
  let above = '' as ByteString;
  for (const name of path.split('/') as ByteString[]) {
    const current = (above === '' ? name : `${above}/${name}`) as ByteString;
    const node = name === '' || name === '.' || name === '..' ? undefined : listing.look(current)?.node;
    if (!node) return missing(above, name, children);
    if (!visibility.isVisible(current)) return ignored(current, visibility, ignore) ?? { kind: 'missing' };
    if (node.type !== 'dir') break;
    above = current;
  }
  return { kind: 'missing' };
}

function ignored(
  path: ByteString,
  visibility: Visibility,
  ignore: IgnoreRules | undefined,
): Absence | undefined {
  const index = visibility.hiddenBy(path);
  if (index === undefined || !ignore) return undefined;
  return {
    kind: 'ignored',
    pattern: ignore.matcher.patterns[index]!,
    ignoreFile: ignore.file,
    line: ignore.lines[index]!,
  };
}

function missing(directory: ByteString, name: ByteString, children: AbsenceQuery['children']): Absence {
  const nearest = nearestName(toUtf8(name), children(directory).map(toUtf8));
  if (nearest === undefined) return { kind: 'missing' };
  return { kind: 'missing', didYouMean: directory === '' ? nearest : `${toUtf8(directory)}/${nearest}` };
}

/** A name that differs in case only, else the nearest one by BuildKit's measure. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  const sameButCase = known.find((candidate) => candidate.toLowerCase() === lower);
  if (sameButCase !== undefined) return sameButCase;
  const suggestion = suggest(lower, known)?.toLowerCase();
  return known.find((candidate) => candidate.toLowerCase() === suggestion);
}
