// /etc/passwd and /etc/group of a tree.
// Invariant: read through the tree only, links followed inside its root, regular files of at most 10 MiB: a fifo, a
// device or a link that leads nowhere is the same as no file.
import { fromUtf8, type ByteString } from '../../core/bytes.js';
import { parseGroups, parsePasswd, type GroupRow, type PasswdRow } from './account-rows.js';
import type { TreeView } from '../tree-view.js';
import { tracePath } from '../resolve-path.js';

const PASSWD = fromUtf8('etc/passwd');
const GROUP = fromUtf8('etc/group');
/** Relative to the root of a tree. A look-up reads these contents of a tree and no others. */
export const ACCOUNT_FILES: readonly ByteString[] = [PASSWD, GROUP];

const MAX_ACCOUNT_FILE_BYTES = 10 * 1024 * 1024;

/**
 * Rows of /etc/passwd in order; undefined when there is no such file.
 * @throws TsbuildError LAYER_LIMIT when it is larger than 10 MiB
 */
export function readPasswd(view: TreeView): readonly PasswdRow[] | undefined {
  const text = textOf(view, PASSWD);
  return text === undefined ? undefined : parsePasswd(text);
}

/** Rows of /etc/group, in the same way. */
export function readGroups(view: TreeView): readonly GroupRow[] | undefined {
  const text = textOf(view, GROUP);
  return text === undefined ? undefined : parseGroups(text);
}

function textOf(view: TreeView, file: ByteString): string | undefined {
  const path = regularFile(view, file);
  return path === undefined ? undefined : view.read(path, MAX_ACCOUNT_FILE_BYTES).toString('utf8');
}

function regularFile(view: TreeView, file: ByteString): ByteString | undefined {
  const trace = tracePath(view, file, { followLast: true });
  return trace.kind === 'path' && view.get(trace.path)?.type === 'file' ? trace.path : undefined;
}
