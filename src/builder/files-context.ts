// A context that is a tree of files: a directory, an archive, a repository.
import type { Absence } from '../context/why-absent.js';
import type { TreeView } from '../layer/tree-view.js';

export interface FilesContext {
  readonly kind: 'files';
  readonly view: TreeView;
  /** When the content was made, in seconds since 1970: of a commit, of a download, of an archive. A directory of this machine has no time. */
  time?(): Promise<number | undefined>;
  /** Says why a path is not in the view. */
  whyAbsent?(path: string): Absence;
}
