// Sets of user or group ids, as spans: which ids a container has on this machine, and how one that it lacks is told.
// Pure.
import { TsbuildError } from '../core/errors.js';

export interface IdSpan {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

/** The largest id that chown(2) takes: -1 means no change. */
export const MAX_ID = 0xfffffffe;

export const ALL_IDS: readonly IdSpan[] = [{ first: 0, last: MAX_ID }];

export function hasId(spans: readonly IdSpan[], id: number): boolean {
  return spans.some(({ first, last }) => id >= first && id <= last);
}

/** The ids that both have. */
export function commonIds(a: readonly IdSpan[], b: readonly IdSpan[]): IdSpan[] {
  return a
    .flatMap((one) =>
      b.map((other) => ({
        first: Math.max(one.first, other.first),
        last: Math.min(one.last, other.last),
      })),
    )
    .filter(({ first, last }) => first <= last);
}

/** The same ids in as few spans as there can be. */
export function joinIds(spans: readonly IdSpan[]): IdSpan[] {
  const result: IdSpan[] = [];
  for (const span of spans.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before && before.last + 1 === span.first)
      result.splice(-1, 1, { first: before.first, last: span.last });
    else result.push(span);
  }
  return result;
}

/** `0 to 65535` */
export function describeIds(spans: readonly IdSpan[]): string {
  return spans.map(({ first, last }) => `${first} to ${last}`).join(' and ');
}

export interface CheckedOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * @param what gives what stands before the id: `/srv of the image belongs to`.
 * @throws TsbuildError SANDBOX_NO_SUBUID
 */
export function assertIds(spans: readonly IdSpan[], { uid, gid }: CheckedOwner, what: () => string): void {
  if (!hasId(spans, uid)) throw missingId(spans, uid, `${what()} user ${uid}`);
  if (!hasId(spans, gid)) throw missingId(spans, gid, `${what()} group ${gid}`);
}

/** No range of subordinate ids is as large as this. */
const GIVEN_IDS_END = 2 ** 31;

function missingId(spans: readonly IdSpan[], id: number, what: string): TsbuildError {
  const more =
    'give yourself more subordinate ids, a second range for each of /etc/subuid and /etc/subgid (sudo usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST "$USER"): ' +
    `a process has as many ids as the ranges have together, and needs ${id + 1}`;
  const record = 'use --isolation userns-single, which only writes down what belongs to whom';
  return new TsbuildError(
    'SANDBOX_NO_SUBUID',
    `${what}, and a process has the ids ${describeIds(spans)} on this machine`,
    { hint: id < GIVEN_IDS_END ? `${more}; or ${record}` : record },
  );
}
