// The streams of a command that follows a container: output as it comes, the input to the container, signals to its
// PID 1, and the keys that leave it.
import { once } from 'node:events';
import { constants } from 'node:os';
import { isAlive } from '../host/known-process.js';
import { signalIfThere } from '../host/signal-if-there.js';
import type { StartedContainer } from '../worker/containers/container-process.js';
import type { AttachClient, EndRecord } from './attach-client.js';
import type { RelayChoice, RelayStreams } from './container-input.js';
import type { ContainerRecord } from './container-record.js';
import { pumpInput } from './pump-input.js';

type Followed = Pick<StartedContainer, 'main' | 'monitor' | 'inputDescriptor'>;

/** @returns the end; undefined when it was left by the keys, or its monitor is gone */
export async function relay(
  client: AttachClient,
  { config }: ContainerRecord,
  whenStarted: Promise<Followed>,
  streams: RelayStreams,
  choice: RelayChoice,
): Promise<EndRecord | 'detached' | undefined> {
  const undo: (() => void)[] = [];
  let isLeft = false;
  const leave = (): void => {
    isLeft = true;
    client.leave();
  };
  const begun = whenStarted.then(async (started) => {
    if (choice.isSignalProxied && !(config.isTerminal && streams.stdin)) {
      undo.push(proxySignals(started));
      choice.onSignalsProxied?.();
    }
    if (started.inputDescriptor === undefined || (!streams.stdin && !config.isTerminal)) return;
    const { takeInput } = await import('./take-input.js');
    const input = await takeInput(started, config, streams);
    if (!input) return;
    undo.push(input.close);
    if (config.isStdinOnce && !config.isTerminal) client.takeOverInput();
    if (streams.stdin)
      undo.push(pumpInput(streams.stdin, input, { ...choice, isTerminal: config.isTerminal, leave }));
  });
  begun.catch(leave);
  try {
    const end = await client.follow(({ stream, data }) =>
      write(stream === 'stdout' ? streams.stdout : streams.stderr, data),
    );
    if (isLeft) await begun;
    return isLeft ? 'detached' : end;
  } finally {
    for (const one of undo.reverse()) one();
  }
}

async function write(stream: NodeJS.WritableStream | undefined, data: Buffer): Promise<void> {
  if (stream && !stream.write(data)) await once(stream, 'drain');
}

/** All that can be caught, but those that tell only of this process (docker's sig-proxy). */
const OWN_SIGNALS = new Set(['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPIPE', 'SIGURG', 'SIGWINCH', 'SIGPROF']);
/** Node keeps them for faults of its own. */
const FAULTS = new Set([
  'SIGSEGV',
  'SIGILL',
  'SIGFPE',
  'SIGBUS',
  'SIGABRT',
  'SIGIOT',
  'SIGTRAP',
  'SIGSYS',
  'SIGPOLL',
  'SIGUNUSED',
]);

function proxySignals({ main }: Followed): () => void {
  const names = Object.keys(constants.signals).filter(
    (name): name is NodeJS.Signals => !OWN_SIGNALS.has(name) && !FAULTS.has(name),
  );
  const listeners = names.map((name) => {
    const send = (): void => {
      if (isAlive(main)) signalIfThere(main.pid, name);
    };
    process.on(name, send);
    return [name, send] as const;
  });
  return () => listeners.forEach(([name, send]) => process.off(name, send));
}
