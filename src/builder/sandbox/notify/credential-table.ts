// The credentials of every process of a step. The kernel carries them: each process has an index into the table as its soft limit
// RLIMIT_LOCKS, which Linux has no other use for and which children inherit, whatever becomes of their parents. A process without such
// a mark has the credentials that the step began with. A step that marks itself only deceives itself.
import type { NotifyCalls } from '../syscalls/notify-calls.js';
import type { Credentials } from './credentials.js';

const RLIMIT_LOCKS = 10;
const MARK = 0x7473_6275_0000_0000n;
const MARK_BITS = 0xffff_ffff_0000_0000n;

/** Sets of credentials that a step may use; more than any real one has. */
const MAX_SETS = 65536;

export interface CredentialTable {
  of(pid: number): Credentials;
  /** Undefined, or the negative errno. */
  set(pid: number, credentials: Credentials): number | undefined;
  /** Whether all processes still are what the step began as, privileged. */
  isAllRoot(): boolean;
}

export function createCredentialTable(
  calls: Pick<NotifyCalls, 'getLimit' | 'setSoftLimit'>,
  initial: Credentials,
): CredentialTable {
  const known: Credentials[] = [initial];
  const indices = new Map<string, number>([[JSON.stringify(initial), 0]]);

  function indexOf(credentials: Credentials): number | undefined {
    const key = JSON.stringify(credentials);
    const index = indices.get(key);
    if (index !== undefined || known.length >= MAX_SETS) return index;
    indices.set(key, known.length);
    return known.push(credentials) - 1;
  }

  return {
    of(pid) {
      if (known.length === 1) return initial;
      const mark = calls.getLimit(pid, RLIMIT_LOCKS) ?? 0n;
      return (mark & MARK_BITS) === MARK ? (known[Number(mark & ~MARK_BITS)] ?? initial) : initial;
    },
    set(pid, credentials) {
      const index = indexOf(credentials);
      if (index === undefined) return -1;
      if (known.length === 1) return undefined;
      const result = calls.setSoftLimit(pid, RLIMIT_LOCKS, MARK | BigInt(index));
      return result < 0 ? result : undefined;
    },
    isAllRoot: () => known.length === 1 && initial.user.effective === 0 && initial.group.effective === 0,
  };
}
