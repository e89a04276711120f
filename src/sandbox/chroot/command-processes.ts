// Ends what processes leave running where there is no pid namespace. Where Landlock keeps processes apart, a process in
// the process's domain kills everything of it in one call (syscalls/keeper-calls.ts). Elsewhere they are found: the
// command of a process adopts its orphans (launch-chroot.ts), and when it has ended they are children of the worker,
// which adopts too: so a child of the worker in a session of its own that is no command is left over. Invariant: when
// `end` or `endLeftOvers` resolves, nothing of the process runs.
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../../core/errors.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { signalIfThere } from '../../host/signal-if-there.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import type { ChildExits } from '../launcher/child-exits.js';
import { factsOf, listChildren, listProcesses, withDescendants } from './process-table.js';

export interface CommandProcesses {
  /** Before the launcher of a process is started. */
  begin(): ProcessesOfCommand;
  /** @throws TsbuildError SANDBOX_FAILED when they cannot be ended */
  endLeftOvers(): Promise<void>;
  hasLeftOvers(): boolean;
  /**
   * At the end of the worker: kills everything below it. The guards live a little longer.
   * @returns whether nothing runs any more
   */
  killAll(): boolean;
}

/** The processes of one process. */
export interface ProcessesOfCommand {
  /** Read end of a pipe, for the launcher; `follow` closes it here. */
  readonly leash: number;
  /** The launcher, which is or becomes the command. */
  follow(pid: number, exited: Promise<unknown>): void;
  /** A process beside it (KeeperChannel). */
  keep(kind: 'ender' | 'guard', pid: number): void;
  /** In the place of all that follows, when no launcher can be started. */
  abandon(): void;
  /**
   * Once, when the command has ended.
   * @throws TsbuildError SANDBOX_FAILED when something of the process cannot be ended
   */
  end(): Promise<void>;
}

/** A round takes some milliseconds. */
const MAX_ROUNDS = 3000;
/** Looks at the children of a round: what forks and ends at once is met by chance. */
const LOOKS = 50;

/** The calling process becomes the one that orphans come to. */
export function createCommandProcesses(calls: SystemCalls, exits: ChildExits): CommandProcesses {
  calls.adoptOrphans();
  /** Not left over: launchers, and what is beside them. */
  const known = new Set<number>();
  const guards = new Set<number>();
  const enders = new Set<number>();
  const leashes = new Set<number>();

  function learn(pid: number, exited: Promise<unknown>, among?: Set<number>): void {
    known.add(pid);
    among?.add(pid);
    void exited.then(() => [known, among].forEach((set) => set?.delete(pid)));
  }

  function letGo(leash: number): void {
    if (leashes.delete(leash)) closeSync(leash);
  }

  const session = factsOf(process.pid)?.session;
  const leftOvers = (): number[] =>
    listChildren().filter((pid) => !known.has(pid) && factsOf(pid)?.session !== session);
  const children = (): number[] => listChildren().filter((pid) => !guards.has(pid));

  /** Kills what `find` gives, and what is below it. */
  function killRound(find: () => number[]): void {
    for (let look = 0; look < LOOKS; look++) {
      const found = find();
      if (found.length === 0) return;
      for (const pid of found) killAndReap(calls, pid);
    }
    const all = listProcesses();
    const below = withDescendants(all, find()).filter((pid) => all.get(pid)?.state !== 'Z');
    // First all of them stand still: one that makes others faster than they are killed would go on for ever.
    for (const name of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of below) signalIfThere(pid, name);
  }

  async function endLeftOvers(): Promise<void> {
    for (let round = 0; leftOvers().length > 0; round++) {
      if (round === MAX_ROUNDS)
        throw new TsbuildError('SANDBOX_FAILED', 'processes that a command left running cannot be ended', {
          hint: 'end them by hand, or build where namespaces work: `tsbuild doctor` tells what is missing',
        });
      killRound(leftOvers);
      await sleep(1);
    }
  }

  function begin(): ProcessesOfCommand {
    const { readEnd, writeEnd } = calls.pipe();
    leashes.add(writeEnd);
    const ended: Promise<unknown>[] = [];
    const own: number[] = [];
    return {
      leash: readEnd,
      abandon() {
        closeSync(readEnd);
        letGo(writeEnd);
      },
      follow(pid, exited) {
        closeSync(readEnd);
        learn(pid, exited);
      },
      keep(kind, pid) {
        const exited = exits.of(pid);
        learn(pid, exited, kind === 'ender' ? enders : guards);
        if (kind === 'ender') ended.push(exited);
        else own.push(pid);
      },
      async end() {
        // The process is over: there is nothing left for them to do.
        for (const pid of own) signalIfThere(pid, 'SIGKILL');
        letGo(writeEnd);
        await Promise.all(ended);
        await endLeftOvers();
      },
    };
  }

  return {
    begin,
    endLeftOvers,
    hasLeftOvers: () => leftOvers().length > 0,
    killAll() {
      for (const leash of leashes) letGo(leash);
      for (const pid of enders) reap(calls, pid, { isAwaited: true });
      for (let round = 0; children().length > 0; round++) {
        if (round === MAX_ROUNDS) return false;
        killRound(children);
      }
      return true;
    },
  };
}

function killAndReap(calls: SystemCalls, pid: number): void {
  if (!reap(calls, pid, { isAwaited: false })) signalIfThere(pid, 'SIGKILL');
}

/** @returns whether it has ended */
function reap(calls: SystemCalls, pid: number, options: { readonly isAwaited: boolean }): boolean {
  try {
    return calls.reap(pid, options) !== undefined;
  } catch (error) {
    // Somebody else has reaped it.
    if (isSystemCallError(error, 'ECHILD')) return true;
    throw error;
  }
}
