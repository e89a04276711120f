// /etc/passwd and /etc/group of a tree. Matches moby/sys/user's parsing: fields behind the ones that count may be
// missing, a number that is none is 0.
// Invariant: read through the tree only, links followed inside its root, regular files of at most 10 MiB: a fifo, a
// device or a link that leads nowhere is the same as no file.
import { fromUtf8, type ByteString } from '../../core/bytes.js';
import type { TreeView } from '../tree-view.js';
import { tracePath } from '../resolve-path.js';

const PASSWD = fromUtf8('etc/passwd');
const GROUP = fromUtf8('etc/group');
/** Relative to the root of a tree. A look-up reads these contents of a tree and no others. */
export const ACCOUNT_FILES: readonly ByteString[] = [PASSWD, GROUP];

const MAX_ACCOUNT_FILE_BYTES = 10 * 1024 * 1024;

export interface PasswdRow {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface GroupRow {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * Rows of /etc/passwd in order; undefined when there is no such file.
 * @throws TsbuildError LAYER_LIMIT when it is larger than 10 MiB
 */
export function readPasswd(view: TreeView): readonly PasswdRow[] | undefined {
  return rowsOf(view, PASSWD)?.map(([name = '', , uid, gid, , home = '']) => {
    return { name, uid: numberOf(uid), gid: numberOf(gid), home };
  });
}

/** Rows of /etc/group, in the same way. */
export function readGroups(view: TreeView): readonly GroupRow[] | undefined {
  return rowsOf(view, GROUP)?.map(([name = '', , gid, members = '']) => {
    return { name, gid: numberOf(gid), members: members === '' ? [] : members.split(',') };
  });
}

function rowsOf(view: TreeView, file: ByteString): string[][] | undefined {
  const path = regularFile(view, file);
  if (path === undefined) return undefined;
  const lines = view.read(path, MAX_ACCOUNT_FILE_BYTES).toString('utf8').split('\n');
  return lines.flatMap((line) => (line.trim() === '' ? [] : [line.trim().split(':')]));
}

function regularFile(view: TreeView, file: ByteString): ByteString | undefined {
  const trace = tracePath(view, file, { followLast: true });
  return trace.kind === 'path' && view.get(trace.path)?.type === 'file' ? trace.path : undefined;
}

function numberOf(field: string | undefined): number {
  return field !== undefined && /^[+-]?\d+$/.test(field) ? Number.parseInt(field, 10) : 0;
}
