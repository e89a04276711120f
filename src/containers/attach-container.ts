// Attaches to a container that runs already.
import { connectToMonitor } from './attach-client.js';
import { interrupted } from './interrupted.js';
import { exitCodeOf } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { notRunning } from './end-container.js';
import { relay } from './relay-streams.js';
import type { FollowChoice } from './run-container.js';
import { runningState } from './running-state.js';
import { untilEnded } from './settle.js';

/** @returns its exit code; undefined when it was left by the keys @throws TsbuildError CONTAINER_NOT_RUNNING */
export async function attachToRun(
  host: ContainerHost,
  record: ContainerRecord,
  { streams, ...choice }: FollowChoice,
): Promise<number | undefined> {
  const files = host.paths.of(record.id);
  const state = runningState(files);
  if (!state) throw notRunning(record);
  const client = await connectToMonitor(files);
  const leave = (): void => client.leave();
  host.signal.addEventListener('abort', leave, { once: true });
  const end = await relay(client, record, Promise.resolve(state), streams, choice);
  host.signal.removeEventListener('abort', leave);
  if (end === 'detached') return undefined;
  if (!end && host.signal.aborted) throw interrupted(host.signal);
  await untilEnded(host, record.id);
  return end ? exitCodeOf(end.code, end.status) : 137;
}
