// Ends the processes that a command leaves running where there is no pid namespace. Where Landlock keeps commands
// apart, an ender in the domain of the command kills all of it in one call (syscalls/keeper-calls.ts). Elsewhere the
// processes must be found. The command adopts its orphans (launch-chroot.ts). When it ends, they become children of the
// worker, which adopts them too. So a child of the worker that has a session of its own and is no command is left over.
// Invariant: when `end` or `endLeftOvers` resolves, nothing of the command runs.
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../../core/errors.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { signalIfThere } from '../../host/signal-if-there.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import type { ChildExits } from '../launcher/child-exits.js';
import { factsOf, listChildren, listProcesses, withDescendants } from './process-table.js';

export interface CommandProcesses {
  /** To be called before a launcher is started. */
  begin(): ProcessesOfCommand;
  /** @throws TsbuildError SANDBOX_FAILED when they cannot be ended */
  endLeftOvers(): Promise<void>;
  hasLeftOvers(): boolean;
  /**
   * Kills everything below the worker, at its end. The guards live a little longer.
   * @returns whether nothing runs any more
   */
  killAll(): boolean;
}

/** The processes of one command. */
export interface ProcessesOfCommand {
  /** Read end of a pipe, for the launcher; `follow` closes it here. */
  readonly leash: number;
  /** The launcher, which is or becomes the command. */
  follow(pid: number, exited: Promise<unknown>): void;
  /** A process beside the launcher (KeeperChannel). */
  keep(kind: 'ender' | 'guard', pid: number): void;
  /** To be called instead of all that follows when no launcher can be started. */
  abandon(): void;
  /**
   * To be called once, when the command has ended.
   * @throws TsbuildError SANDBOX_FAILED when one of its processes cannot be ended
   */
  end(): Promise<void>;
}

/** A round takes some milliseconds. */
const MAX_ROUNDS = 3000;
/** How often a round looks at the children. A process that forks and ends at once is met only by chance. */
const LOOKS = 50;

/** From now on the calling process adopts orphans below it. */
export function createCommandProcesses(calls: SystemCalls, exits: ChildExits): CommandProcesses {
  calls.adoptOrphans();
  /** Launchers and the processes beside them, which are not left over. */
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
    // All are stopped first. Otherwise one that forks faster than its children are killed would never end.
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
        // The command has ended, so the guards have nothing left to do.
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
