// Who a RUN executes as: USER to ids, supplementary groups and HOME.
// Matches BuildKit's executor/oci GetUser on moby/sys/user's GetExecUser; HOME as runc sets it, by the uid.
import { TsbuildError } from '../../core/errors.js';
import type { TreeView } from '../tree-view.js';
import { readGroups, readPasswd, type GroupRow, type PasswdRow } from './account-files.js';

export interface ExecUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, `gid` always among them, each once. */
  readonly groups: readonly number[];
  readonly home: string;
}

const MAX_ID = 0x7fffffff;

/**
 * @param spec `user[:group]` as in USER, expanded; '' is root with its supplementary groups
 * @throws TsbuildError STEP_USER_NOT_FOUND
 */
export function lookupUser(view: TreeView, spec: string): ExecUser {
  const [userText = '', groupText = ''] = spec.split(':');
  const rows = readPasswd(view) ?? [];
  const uid = idOf(userText);
  const gid = idOf(groupText);
  if (uid !== undefined && gid !== undefined) return execUser(rows, { uid, gid, supplementary: [] });
  const row = userRow(rows, spec === '' ? '0' : userText);
  const groupRows = readGroups(view) ?? [];
  if (groupText === '') {
    const supplementary = groupRows.filter(({ members }) => row.name !== '' && members.includes(row.name));
    return execUser(rows, { uid: row.uid, gid: row.gid, supplementary: supplementary.map((g) => g.gid) });
  }
  return execUser(rows, { uid: row.uid, gid: groupId(groupRows, groupText), supplementary: [] });
}

/** A row, or for a number without one a row of no name and group 0. */
function userRow(rows: readonly PasswdRow[], user: string): PasswdRow {
  const id = user === '' ? 0 : idOf(user);
  const row = rows.find(({ name, uid }) => (id === undefined ? name === user : uid === id));
  if (row) return row;
  if (id === undefined) throw notFound(`user ${user}`, 'passwd');
  return { name: '', uid: id, gid: 0, home: '' };
}

function groupId(rows: readonly GroupRow[], group: string): number {
  const id = idOf(group);
  const row = rows.find(({ name, gid }) => (id === undefined ? name === group : gid === id));
  if (!row && id === undefined) throw notFound(`group ${group}`, 'group');
  return row?.gid ?? id!;
}

function execUser(
  rows: readonly PasswdRow[],
  { uid, gid, supplementary }: { uid: number; gid: number; supplementary: readonly number[] },
): ExecUser {
  // A row may say that there is none.
  const home = rows.find((row) => row.uid === uid)?.home ?? '/';
  return { uid, gid, groups: [...new Set([gid, ...supplementary])], home };
}

function idOf(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const id = Number(text);
  if (id < 0 || id > MAX_ID)
    throw new TsbuildError('STEP_USER_NOT_FOUND', `uids and gids must be in range 0-${MAX_ID}`);
  return id;
}

function notFound(what: string, file: string): TsbuildError {
  return new TsbuildError(
    'STEP_USER_NOT_FOUND',
    `unable to find ${what}: no matching entries in ${file} file`,
    {
      hint: 'create it in an earlier RUN, or use a number in USER',
    },
  );
}
