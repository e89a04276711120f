// A container in the foreground: started, followed, finished.
import type { TerminalSize } from '../sandbox/process-spec.js';
import type { StartedContainer } from '../worker/containers/container-process.js';
import { connectToMonitor, type AttachClient } from './attach-client.js';
import { exitCodeOf } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { interrupted } from './interrupted.js';
import type { RelayChoice, RelayStreams } from './container-input.js';
import { relay } from './relay-streams.js';
import { KILLED } from './running-state.js';
import { settle } from './settle.js';
import { startContainer } from './start-container.js';

export interface FollowChoice extends RelayChoice {
  readonly streams: RelayStreams;
  readonly size?: TerminalSize | undefined;
}

/** @returns its exit code; undefined when it was left by the keys @throws as startContainer */
export async function startAndFollow(
  host: ContainerHost,
  record: ContainerRecord,
  { streams, size, ...choice }: FollowChoice,
): Promise<number | undefined> {
  let client: AttachClient | undefined;
  let told: (started: StartedContainer) => void = () => undefined;
  const whenStarted = new Promise<StartedContainer>((resolve) => (told = resolve));
  let followed: ReturnType<typeof relay> | undefined;
  const leave = (): void => client?.leave();
  host.signal.addEventListener('abort', leave, { once: true });
  let end: Awaited<ReturnType<typeof relay>>;
  try {
    const started = await startContainer(host, record, {
      isFollowed: true,
      restartCount: 0,
      ...(size && { size }),
      async onPrepared() {
        client = await connectToMonitor(host.paths.of(record.id));
        followed = relay(client, record, whenStarted, streams, choice);
        // Below it is waited for, and its failure thrown.
        followed.catch(() => undefined);
      },
    });
    told(started);
    end = await followed;
  } catch (error) {
    client?.leave();
    throw error;
  } finally {
    host.signal.removeEventListener('abort', leave);
  }
  if (end === 'detached') return undefined;
  // The container runs on.
  if (!end && host.signal.aborted) throw interrupted(host.signal);
  // What follows by a policy of restarts is not for this process to wait for.
  await settle(host, record.id, { isLeft: record.host.restart.name === 'no' });
  return end ? exitCodeOf(end.code, end.status) : KILLED.exitCode;
}
