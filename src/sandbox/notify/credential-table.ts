// The credentials of every process of a command. The kernel carries them: each process has an index into the table as
// its soft limit RLIMIT_LOCKS. Linux has no other use for that limit, and children inherit it, whatever becomes of
// their parents. A process without such a mark has the credentials that the command began with. A command that marks
// its processes itself deceives only itself.
import type { NotifyCalls } from '../../host/syscalls/notify-calls.js';
import type { Credentials } from './credentials.js';
import { programOf, stackOf } from './process-image.js';

const RLIMIT_LOCKS = 10;
const MARK = 0x7473_6275_0000_0000n;
const MARK_BITS = 0xffff_ffff_0000_0000n;

/** Set in an index: what the process is depends on what became of its last execve(2). */
const UNDECIDED = 0x8000_0000;

/** How many sets of credentials a command may use; more than any real one has. */
const MAX_SETS = 65536;

export interface CredentialTable {
  of(pid: number): Credentials;
  /** Undefined, or the negative errno. */
  set(pid: number, credentials: Credentials): number | undefined;
  /** Of a process that now makes the call. Undefined, or the negative errno. */
  setOnExecution(pid: number, execution: Execution): number | undefined;
  /** Whether the command began privileged, and all its processes still have the credentials of its start. */
  isAllRoot(): boolean;
}

/** What execve(2) makes of a process; when it fails, the process stays as it was. */
export interface Execution {
  readonly before: Credentials;
  /** When it becomes `program` (process-image.ts). */
  readonly ofProgram: Credentials;
  readonly program: string;
  /** When it becomes another one: an interpreter, or what has taken the place of the program meanwhile. */
  readonly ofOther: Credentials;
}

interface Undecided extends Execution {
  /** Of the process before. */
  readonly stack: string;
}

type TableCalls = Pick<NotifyCalls, 'getLimit' | 'setSoftLimit' | 'open' | 'close' | 'stat' | 'readProcess'>;

export function createCredentialTable(
  calls: TableCalls,
  begun: Credentials,
  { hasNoPrivilege = false }: { readonly hasNoPrivilege?: boolean | undefined } = {},
): CredentialTable {
  const asCommand = (credentials: Credentials): Credentials =>
    hasNoPrivilege ? { ...credentials, hasNoPrivilege } : credentials;
  const initial = asCommand(begun);
  const known: Credentials[] = [initial];
  const undecided: Undecided[] = [];
  const indices = new Map<string, number>([[JSON.stringify(initial), 0]]);

  function indexOf(changed: Credentials): number | undefined {
    const credentials = asCommand(changed);
    const key = JSON.stringify(credentials);
    const index = indices.get(key);
    if (index !== undefined || known.length >= MAX_SETS) return index;
    indices.set(key, known.length);
    return known.push(credentials) - 1;
  }

  function mark(pid: number, index: number | undefined): number | undefined {
    if (index === undefined) return -1;
    if (known.length === 1 && undecided.length === 0) return undefined;
    const result = calls.setSoftLimit(pid, RLIMIT_LOCKS, MARK | BigInt(index));
    return result < 0 ? result : undefined;
  }

  function decide(pid: number, execution: Undecided): Credentials {
    const hasExecuted = stackOf(calls, pid) !== execution.stack;
    const isProgram = hasExecuted && programOf(calls, pid) === execution.program;
    const decided = isProgram ? execution.ofProgram : hasExecuted ? execution.ofOther : execution.before;
    mark(pid, indexOf(decided));
    return decided;
  }

  return {
    of(pid) {
      if (known.length === 1 && undecided.length === 0) return initial;
      const limit = calls.getLimit(pid, RLIMIT_LOCKS) ?? 0n;
      if ((limit & MARK_BITS) !== MARK) return initial;
      const index = Number(limit & ~MARK_BITS);
      if (index < UNDECIDED) return known[index] ?? initial;
      const execution = undecided[index - UNDECIDED];
      return execution ? decide(pid, execution) : initial;
    },
    set: (pid, credentials) => mark(pid, indexOf(credentials)),
    setOnExecution(pid, execution) {
      if (undecided.length >= MAX_SETS) return -1;
      return mark(pid, UNDECIDED + undecided.push({ ...execution, stack: stackOf(calls, pid) }) - 1);
    },
    isAllRoot: () =>
      !hasNoPrivilege && known.length === 1 && initial.user.effective === 0 && initial.group.effective === 0,
  };
}
