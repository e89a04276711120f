// The rows of /etc/passwd and /etc/group, and who a user is by them. Matches moby/sys/user (GetExecUser): fields behind
// the ones that count may be missing, a number that is none is 0. Pure.
import { TsbuildError } from '../../core/errors.js';

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

export interface ExecUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, `gid` always among them, each once. */
  readonly groups: readonly number[];
  readonly home: string;
}

const MAX_ID = 0x7fffffff;

/** In order. */
export function parsePasswd(text: string): readonly PasswdRow[] {
  return fieldsOf(text).map(([name = '', , uid, gid, , home = '']) => {
    return { name, uid: numberOf(uid), gid: numberOf(gid), home };
  });
}

/** In order. */
export function parseGroups(text: string): readonly GroupRow[] {
  return fieldsOf(text).map(([name = '', , gid, members = '']) => {
    return { name, gid: numberOf(gid), members: members === '' ? [] : members.split(',') };
  });
}

function fieldsOf(text: string): string[][] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim().split(':')]));
}

function numberOf(field: string | undefined): number {
  return field !== undefined && /^[+-]?\d+$/.test(field) ? Number.parseInt(field, 10) : 0;
}

/**
 * @param spec `user[:group]`, each a name or a number; '' is root with its supplementary groups
 * @param groupRows asked for only when they count
 * @throws TsbuildError STEP_USER_NOT_FOUND
 */
export function execUserOf(
  rows: readonly PasswdRow[],
  groupRows: () => readonly GroupRow[],
  spec: string,
): ExecUser {
  const [userText = '', groupText = ''] = spec.split(':');
  const uid = idOf(userText);
  const gid = idOf(groupText);
  if (uid !== undefined && gid !== undefined) return execUser(rows, { uid, gid, supplementary: [] });
  const row = userRow(rows, spec === '' ? '0' : userText);
  const groups = groupRows();
  if (groupText === '') {
    const supplementary = groups.filter(({ members }) => row.name !== '' && members.includes(row.name));
    return execUser(rows, { uid: row.uid, gid: row.gid, supplementary: supplementary.map((g) => g.gid) });
  }
  return execUser(rows, { uid: row.uid, gid: groupId(groups, groupText), supplementary: [] });
}

/**
 * The user with further groups, as `--group-add` names them: names of the group file, or numbers.
 * @throws TsbuildError STEP_USER_NOT_FOUND
 */
export function withGroups(user: ExecUser, rows: readonly GroupRow[], added: readonly string[]): ExecUser {
  const ids = added.map((text) => inRange(groupId(rows, text)));
  return { ...user, groups: [...new Set([...user.groups, ...ids])] };
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
  const groups = [...new Set([gid, ...supplementary])];
  for (const id of [uid, ...groups]) inRange(id);
  return { uid, gid, groups, home };
}

/** The kernel would take a larger one for another one: 4294967296 for 0. */
function inRange(id: number): number {
  if (id >= 0 && id <= MAX_ID) return id;
  throw new TsbuildError('STEP_USER_NOT_FOUND', `uids and gids must be in range 0-${MAX_ID}`);
}

function idOf(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  return inRange(Number(text));
}

function notFound(what: string, file: string): TsbuildError {
  return new TsbuildError(
    'STEP_USER_NOT_FOUND',
    `unable to find ${what}: no matching entries in ${file} file`,
    { hint: 'create it in an earlier RUN, or use a number in USER' },
  );
}
