// Ids of a container in which one user and one group are those of the invoking user (podman's keep-id). Below U the
// container's n is the worker's n + 1, U itself is the worker's 0, and above U the two are equal. Pure.
import type { IdRange } from '../host/id-range.js';
import { commonIds, joinIds, MAX_ID, type IdSpan } from './id-spans.js';
import type { Ownership } from './ownership.js';

export interface KeptIds {
  readonly keepUid: number;
  readonly keepGid: number;
}

interface Shift {
  onDisk(id: number): number;
  fromDisk(id: number): number;
  /** Of the container, for a worker with this map. */
  ids(map: readonly IdRange[]): IdSpan[];
  /** Of these ids: the kernel takes no line that lies in two of the worker's. */
  map(ids: readonly IdSpan[], worker: readonly IdRange[]): IdRange[];
}

/** @param uids map of the worker's namespace; `gids` that of groups */
export function keptOwnership(
  { keepUid, keepGid }: KeptIds,
  { uids, gids }: { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] },
): Ownership {
  const [users, groups] = [shiftAround(keepUid), shiftAround(keepGid)];
  const ids = commonIds(joinIds(users.ids(uids)), joinIds(groups.ids(gids)));
  return {
    scheme: `user-${keepUid}-${keepGid}`,
    ids: joinIds(ids),
    map: users.map(ids, uids),
    groupMap: groups.map(ids, gids),
    idOnDisk: users.onDisk,
    groupOnDisk: groups.onDisk,
    ownerOf: ({ uid, gid }) => ({ uid: users.fromDisk(uid), gid: groups.fromDisk(gid) }),
    record: () => ({}),
  };
}

function shiftAround(kept: number): Shift {
  /** Spans of the container, and by how much the worker's are higher. */
  const parts = [
    { first: 0, last: kept - 1, by: 1 },
    { first: kept, last: kept, by: -kept },
    { first: kept + 1, last: MAX_ID, by: 0 },
  ].filter(({ first, last }) => first <= last);
  const onDisk = (id: number): number => id + parts.find(({ last }) => id <= last)!.by;
  return {
    onDisk,
    fromDisk: (id) => (id === 0 ? kept : id <= kept ? id - 1 : id),
    ids: (map) =>
      parts.flatMap(({ first, last, by }) =>
        commonIds(spansOf(map), [{ first: first + by, last: last + by }]).map((span) => ({
          first: span.first - by,
          last: span.last - by,
        })),
      ),
    map: (ids, worker) =>
      parts.flatMap(({ first, last, by }) => {
        const wanted = commonIds(ids, [{ first, last }]).map((span) => ({
          first: span.first + by,
          last: span.last + by,
        }));
        return commonIds(wanted, spansOf(worker)).map((span) => ({
          inside: span.first - by,
          outside: span.first,
          count: span.last - span.first + 1,
        }));
      }),
  };
}

function spansOf(map: readonly IdRange[]): IdSpan[] {
  return map.map(({ inside, count }) => ({ first: inside, last: inside + count - 1 }));
}
