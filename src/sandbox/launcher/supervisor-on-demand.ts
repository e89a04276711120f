// The supervisor of a worker's processes, started when the first one needs it.
import type { Supervisor } from './supervisor-process.js';

/** One for all processes. */
export function supervisorOf(program: string): () => Promise<Supervisor> {
  let started: Promise<Supervisor> | undefined;
  return () =>
    (started ??= import('./supervisor-process.js').then(({ startSupervisor }) => startSupervisor(program)));
}
