// Which ids the worker's namespace gets: the invoking user as 0, and 65536 subordinate ids from 1 on (user_namespaces(7), subuid(5)).
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { TsbuildError } from '../../core/errors.js';

const CONTAINER_IDS = 65536;

/** Taken when the host's root has no line of its own: far above the ids that tools hand out. */
const ROOT_FALLBACK_START = 0x70000000;

export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

export interface Account {
  readonly name: string;
  readonly uid: number;
}

/** The ranges of an account in the text of /etc/subuid or /etc/subgid, in order; lines by name or by number count. Pure. */
export function subordinateRanges(text: string, account: Account): { start: number; count: number }[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .filter(([owner]) => owner === account.name || owner === String(account.uid))
    .map(([, start, count]) => ({ start: Number(start), count: Number(count) }))
    .filter(
      ({ start, count }) =>
        Number.isSafeInteger(start) && start > 0 && Number.isSafeInteger(count) && count > 0,
    );
}

/** Own id as 0, then 65536 ids from the ranges; undefined when there are not enough. Pure. */
export function workerMap(
  own: number,
  ranges: readonly { readonly start: number; readonly count: number }[],
): IdRange[] | undefined {
  const map: IdRange[] = [{ inside: 0, outside: own, count: 1 }];
  let missing = CONTAINER_IDS;
  for (const { start, count } of ranges) {
    const taken = Math.min(count, missing);
    if (taken > 0) map.push({ inside: 1 + CONTAINER_IDS - missing, outside: start, count: taken });
    missing -= taken;
  }
  return missing === 0 ? map : undefined;
}

/** Gives the user namespace of process `pid` its ids. @throws TsbuildError SANDBOX_NO_SUBUID */
export async function writeIdMaps(pid: number): Promise<void> {
  const account: Account = { name: accountName(), uid: process.getuid?.() ?? 0 };
  const maps = [
    { file: 'uid_map', tool: 'newuidmap', map: mapFrom('/etc/subuid', account.uid, account) },
    { file: 'gid_map', tool: 'newgidmap', map: mapFrom('/etc/subgid', process.getgid?.() ?? 0, account) },
  ];
  // The worker waits for both, so they run side by side.
  await Promise.all(
    maps.map(async ({ file, tool, map }) => {
      if (account.uid !== 0) return runMapTool(tool, pid, map);
      const lines = map.map((range) => `${range.inside} ${range.outside} ${range.count}\n`);
      writeFileSync(`/proc/${pid}/${file}`, lines.join(''));
    }),
  );
}

/** Gives the user namespace of process `pid` the invoking user as id 0, and no other: whoever has no subordinate ids may do this much. */
export async function writeSingleIdMap(pid: number): Promise<void> {
  const own = { uid_map: process.getuid?.() ?? 0, gid_map: process.getgid?.() ?? 0 };
  // The kernel asks for this before an ordinary user may map a group (user_namespaces(7)).
  writeFileSync(`/proc/${pid}/setgroups`, 'deny');
  for (const [file, id] of Object.entries(own)) writeFileSync(`/proc/${pid}/${file}`, `0 ${id} 1\n`);
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // An id without an account, as in many containers: only lines by number can apply.
    return '';
  }
}

function mapFrom(file: string, own: number, account: Account): IdRange[] {
  const ranges = subordinateRanges(readIfExists(file), account);
  if (account.uid === 0 && ranges.length === 0)
    ranges.push({ start: ROOT_FALLBACK_START, count: CONTAINER_IDS });
  const map = workerMap(own, ranges);
  if (map) return map;
  throw new TsbuildError(
    'SANDBOX_NO_SUBUID',
    `${account.name || account.uid} has no ${CONTAINER_IDS} subordinate ids in ${file}, which RUN needs`,
    { hint: addIdsCommand(account) },
  );
}

function addIdsCommand({ name }: Account): string {
  const start = firstFreeId(['/etc/subuid', '/etc/subgid'].map(readIfExists).join('\n'));
  const range = `${start}-${start + CONTAINER_IDS - 1}`;
  return `sudo usermod --add-subuids ${range} --add-subgids ${range} ${name || '$USER'}`;
}

/** Above all ranges in the text of /etc/subuid or /etc/subgid, since users who share ids could change each other's files. Pure. */
export function firstFreeId(text: string): number {
  const ends = text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .map(([, start, count]) => Number(start) + Number(count))
    .filter((end) => Number.isSafeInteger(end));
  return Math.max(100_000, ...ends);
}

function readIfExists(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function runMapTool(tool: string, pid: number, map: readonly IdRange[]): Promise<void> {
  const numbers = map.flatMap((range) => [range.inside, range.outside, range.count]).map(String);
  try {
    await promisify(execFile)(tool, [String(pid), ...numbers], {
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/bin:/bin:/usr/sbin:/sbin` },
    });
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TsbuildError(
      'SANDBOX_NO_SUBUID',
      isMissing
        ? `${tool} is not installed, which RUN needs`
        : `${tool} refused the subordinate ids: ${reason}`,
      {
        hint: 'sudo apt-get install uidmap',
        cause,
      },
    );
  }
}
