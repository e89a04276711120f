// A source of COPY or ADD as the cache sees it: what it is told by in the key, and how to get at its files on a miss.
import type { Selection } from '../../layer/copy/selection.js';
import type { OpenSource } from '../stage-run.js';

/** What one source argument selects, and the layers its content may lie in. */
export interface Selected {
  readonly selection: Selection;
  readonly origin: OpenSource;
  /** ADD unpacks archives among it. */
  readonly isUnpacked: boolean;
}

export interface PendingSource {
  /** Two sources with the same text give the same files. */
  readonly content: string;
  /** Called only when the step is executed. */
  open(): Promise<Selected>;
}
