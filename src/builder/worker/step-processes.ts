// Finds and ends what steps leave running where there is no pid namespace. The command of a step adopts its orphans (launch-chroot.ts),
// and when it has ended they are children of the worker, which adopts too: so a child of the worker in a session of its own that is no
// command is left over. Invariant: `endLeftOvers` resolves when there is none.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { isSystemCallError } from '../sandbox/syscalls/binding.js';

export interface StepProcesses {
  /** A launcher, which is or becomes a command. It is known until it has ended. */
  follow(pid: number, exited: Promise<unknown>): void;
  endLeftOvers(): Promise<void>;
  /** Kills everything below the worker, at its end. */
  killAll(): void;
}

/** The calling process becomes the one that orphans come to. */
export function createStepProcesses(calls: SystemCalls): StepProcesses {
  calls.adoptOrphans();
  const known = new Set<number>();

  function leftOvers(): number[] {
    const all = listProcesses();
    const own = all.get(process.pid);
    const roots = [...all.values()].filter(
      ({ pid, parent, session }) => parent === process.pid && session !== own?.session && !known.has(pid),
    );
    return withDescendants(all, roots);
  }

  /** Below the worker, the dead that nobody has reaped yet left out. */
  function living(): number[] {
    const all = listProcesses();
    const children = [...all.values()].filter(({ parent }) => parent === process.pid);
    return withDescendants(all, children).filter((pid) => all.get(pid)?.state !== 'Z');
  }

  return {
    follow(pid, exited) {
      known.add(pid);
      void exited.then(() => known.delete(pid));
    },
    async endLeftOvers() {
      const stopped = new Set<number>();
      for (let found = leftOvers(); found.length > 0; found = leftOvers()) {
        const fresh = found.filter((pid) => !stopped.has(pid));
        // First all of them stand still: one that makes others faster than they are killed would go on for ever.
        for (const pid of fresh) {
          signal(pid, 'SIGSTOP');
          stopped.add(pid);
        }
        if (fresh.length > 0) continue;
        for (const pid of found) end(calls, pid);
        await sleep(1);
      }
    },
    killAll() {
      for (let found = living(); found.length > 0; found = living())
        for (const pid of found) signal(pid, 'SIGKILL');
    },
  };
}

/** Kills processes whose root is inside `directory`, as far as they can be seen: those of a worker that was killed. */
export function killProcessesIn(directory: string): void {
  for (const { pid } of listProcesses().values())
    if (rootOf(pid)?.startsWith(`${directory}/`)) signal(pid, 'SIGKILL');
}

interface ProcessFacts {
  readonly pid: number;
  /** One letter; Z for one that has ended. */
  readonly state: string;
  readonly parent: number;
  readonly session: number;
}

function listProcesses(): ReadonlyMap<number, ProcessFacts> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const facts = pids.map((pid) => factsOf(Number(pid))).filter((found) => found !== undefined);
  return new Map(facts.map((found) => [found.pid, found]));
}

/** proc_pid_stat(5): pid (name) state parent group session. The name may hold anything. */
function factsOf(pid: number): ProcessFacts | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, state: fields[0] ?? '', parent: Number(fields[1]), session: Number(fields[3]) };
  } catch (error) {
    // It ended while the list was read.
    if (isSystemCallError(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function rootOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch (error) {
    // It ended, or belongs to somebody whose processes may not be looked at.
    if (isSystemCallError(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

function withDescendants(all: ReadonlyMap<number, ProcessFacts>, roots: readonly ProcessFacts[]): number[] {
  const found = new Set(roots.map(({ pid }) => pid));
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const { pid, parent } of all.values()) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function end(calls: SystemCalls, pid: number): void {
  signal(pid, 'SIGKILL');
  try {
    calls.reap(pid);
  } catch (error) {
    // The child of another one, which is going to end too.
    if (!isSystemCallError(error, 'ECHILD')) throw error;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!isSystemCallError(error, 'ESRCH')) throw error;
  }
}
