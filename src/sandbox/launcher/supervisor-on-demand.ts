// The supervisor of a worker, started when the first command needs it.
import type { Supervisor } from './supervisor-process.js';

/** One for all commands. */
export function supervisorOf(program: string): () => Promise<Supervisor> {
  let started: Promise<Supervisor> | undefined;
  return () =>
    (started ??= import('./supervisor-process.js').then(({ startSupervisor }) => startSupervisor(program)));
}
