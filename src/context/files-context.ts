// A context that is a tree of files: a directory, an archive, a repository.
import type { Absence } from './why-absent.js';
import type { TreeView } from '../layer/tree-view.js';

export interface FilesContext {
  readonly kind: 'files';
  readonly view: TreeView;
  /**
   * When the content was made, in seconds since 1970: of a commit, of a download, of an archive. A directory of this
   * machine has no time.
   */
  time?(): Promise<number | undefined>;
  /** Says why a path is not in the view. */
  whyAbsent?(path: string): Absence;
  /** The files as they are now, apart from what `view` has seen of them and will go on to show. */
  lookAgain?(): TreeView;
}

/** Why a path is not there, in words: outside of the context, an ignore rule, or a near name. */
export function whyAbsent(context: FilesContext, path: string): string | undefined {
  if (/^(?:\.\/)?\.\.(?:\/|$)/.test(path))
    return `${path} is not in the context: give its folder with --build-context NAME=FOLDER, and write COPY --from=NAME`;
  const absence = context.whyAbsent?.(path);
  if (absence?.kind === 'ignored')
    return `${path} is there, but line ${absence.line} of ${absence.ignoreFile} excludes it: ${absence.pattern}`;
  return absence?.didYouMean === undefined ? undefined : `did you mean ${absence.didYouMean}?`;
}
