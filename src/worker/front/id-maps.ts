// Which ids the worker's namespace gets: the invoking user as 0, and all of his subordinate ids from 1 on, at least
// 65536 (user_namespaces(7), subuid(5)). Root, who may map every id, also gets the others that a container may use. It
// never gets those of the host below 65536, nor any other below 2^31: some account of the host may have them.
//
// Trees in a store belong to ids of this map: what an id has once been mapped to it must be mapped to ever after.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { TsbuildError } from '../../core/errors.js';
import { MAX_ID } from '../../rootfs/id-spans.js';
import { idMapText, parseIdMap, type IdRange } from '../../host/id-range.js';
import { mapToolFailure } from './map-tool-failure.js';

const LEAST_IDS = 65536;

/** Taken when the host's root has no line of its own: far above the ids that tools hand out. */
const ROOT_FALLBACK_START = 0x70000000;

export interface Account {
  readonly name: string;
  readonly uid: number;
}

/**
 * The ranges of an account in the text of /etc/subuid or /etc/subgid, in order; lines by name or by number count. Pure.
 */
export function subordinateRanges(text: string, account: Account): SubordinateRange[] {
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

/** Ids of the host from `start` on. */
export interface SubordinateRange {
  readonly start: number;
  readonly count: number;
}

/** Ids that a container may have: those that accounts are given have 31 bits. */
const GIVEN_IDS = 2 ** 31;
/** A map has 340 lines (user_namespaces(7)), of which some are not of ranges. */
const MAX_RANGES = 330;

/** Own id as 0, then the ranges one after the other; undefined when they have fewer than 65536 ids. Pure. */
export function workerMap(own: number, ranges: readonly SubordinateRange[]): IdRange[] | undefined {
  const map: IdRange[] = [{ inside: 0, outside: own, count: 1 }];
  let given = 0;
  for (const { start, count } of ranges.slice(0, MAX_RANGES)) {
    const taken = Math.min(count, GIVEN_IDS - given, MAX_ID + 1 - start);
    if (taken > 0) map.push({ inside: 1 + given, outside: start, count: taken });
    given += Math.max(taken, 0);
  }
  return given >= LEAST_IDS ? map : undefined;
}

/** No account of a host has an id from here on: what reads ids as numbers with a sign cannot have it. */
const UNUSED_IDS = { first: 2 ** 31, last: MAX_ID };
/** The last ids of 32 bits, as `nobody` of some systems, stay what they are (rootfs/shifted-ids.ts). */
const LAST_IDS = 0xffff;

/**
 * The map of `workerMap` with all ids that root can add without those of any account. `available`: the map of the
 * namespace it is in. Pure.
 */
export function withUnusedIds(map: readonly IdRange[], available: readonly IdRange[]): IdRange[] {
  const isFree =
    available.some(({ inside, count }) => inside <= UNUSED_IDS.first && inside + count > UNUSED_IDS.last) &&
    map.every(({ outside, count }) => outside + count <= UNUSED_IDS.first);
  if (!isFree) return [...map];
  const next = Math.max(...map.map(({ inside, count }) => inside + count));
  const more = GIVEN_IDS + 1 - next;
  // From the 65536th on each always is the same, whatever the ranges give.
  const outside = UNUSED_IDS.first + (next - 1 - LEAST_IDS);
  const last = { inside: MAX_ID + 1 - LAST_IDS, outside: MAX_ID + 1 - LAST_IDS, count: LAST_IDS };
  return [...map, ...(more > 0 ? [{ inside: next, outside, count: more }] : []), last];
}

/**
 * For root without a line of its own: far above the ids that tools hand out, or the upper half of what a container
 * around it has. Pure.
 */
export function rangesOfRoot(available: readonly IdRange[]): SubordinateRange[] {
  const usual = { start: ROOT_FALLBACK_START, count: LEAST_IDS };
  const isThere = ({ inside, count }: IdRange): boolean =>
    inside <= usual.start && inside + count >= usual.start + usual.count;
  if (available.some(isThere)) return [usual];
  return available
    .map(({ inside, count }) => ({ start: inside + Math.ceil(count / 2), count: Math.floor(count / 2) }))
    .filter(({ start, count }) => start >= LEAST_IDS && count >= LEAST_IDS)
    .slice(-1);
}

/** Gives the user namespace of process `pid` its ids. @throws TsbuildError SANDBOX_NO_SUBUID */
export async function writeIdMaps(pid: number): Promise<void> {
  const account: Account = { name: accountName(), uid: process.getuid?.() ?? 0 };
  const maps = [
    { file: 'uid_map', tool: 'newuidmap', subordinate: '/etc/subuid', own: account.uid },
    { file: 'gid_map', tool: 'newgidmap', subordinate: '/etc/subgid', own: process.getgid?.() ?? 0 },
  ] as const;
  // The worker waits for both, so they run side by side.
  await Promise.all(
    maps.map(async ({ file, tool, subordinate, own }) => {
      if (account.uid !== 0) return runMapTool(tool, pid, mapFrom(subordinate, own, account));
      const available = parseIdMap(readFileSync(`/proc/self/${file}`, 'utf8'));
      writeMap(
        `/proc/${pid}/${file}`,
        withUnusedIds(mapFrom(subordinate, own, account, available), available),
      );
    }),
  );
}

/**
 * Gives the user namespace of process `pid` the invoking user as id 0, and no other: whoever has no subordinate ids may
 * do this much.
 */
export async function writeSingleIdMap(pid: number): Promise<void> {
  const own = { uid_map: process.getuid?.() ?? 0, gid_map: process.getgid?.() ?? 0 };
  // The kernel asks for this before an ordinary user may map a group (user_namespaces(7)).
  writeFileSync(`/proc/${pid}/setgroups`, 'deny');
  for (const [file, id] of Object.entries(own))
    writeMap(`/proc/${pid}/${file}`, [{ inside: 0, outside: id, count: 1 }]);
}

function writeMap(file: string, map: readonly IdRange[]): void {
  try {
    writeFileSync(file, idMapText(map));
  } catch (cause) {
    // A container around this process that has given it fewer rights than root has, or fewer ids.
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'EINVAL') throw cause;
    throw new TsbuildError(
      'SANDBOX_NO_SUBUID',
      `the kernel refuses the ids of a user namespace (${code}): ${idMapText(map).trim().replaceAll('\n', ', ')}`,
      { cause },
    );
  }
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // An id without an account, as in many containers: only lines by number can apply.
    return '';
  }
}

/** `available`: for root, the map of the namespace it is in. */
function mapFrom(file: string, own: number, account: Account, available: readonly IdRange[] = []): IdRange[] {
  const ranges = subordinateRanges(readIfExists(file), account);
  const map = workerMap(own, ranges.length === 0 && account.uid === 0 ? rangesOfRoot(available) : ranges);
  if (map) return map;
  throw new TsbuildError(
    'SANDBOX_NO_SUBUID',
    `${account.name || account.uid} has no ${LEAST_IDS} subordinate ids in ${file}, which the sandbox needs`,
    { hint: addIdsCommand(account) },
  );
}

function addIdsCommand({ name }: Account): string {
  const start = firstFreeId(['/etc/subuid', '/etc/subgid'].map(readIfExists).join('\n'));
  const range = `${start}-${start + LEAST_IDS - 1}`;
  return `sudo usermod --add-subuids ${range} --add-subgids ${range} ${name || '$USER'}`;
}

/**
 * Above all ranges in the text of /etc/subuid or /etc/subgid, since users who share ids could change each other's
 * files. Pure.
 */
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
    throw mapToolFailure({
      tool,
      isMissing: (cause as NodeJS.ErrnoException).code === 'ENOENT',
      reason: cause instanceof Error ? cause.message : String(cause),
      status: readIfExists('/proc/self/status'),
    }).with({ cause });
  }
}
