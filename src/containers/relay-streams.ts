// The streams of a command that follows a container: output as it comes, the input to the container, signals to its
// PID 1, and the keys that leave it.
import { once } from 'node:events';
import { constants } from 'node:os';
import { Socket } from 'node:net';
import type { ReadStream as TerminalInput } from 'node:tty';
import { isAlive } from '../host/known-process.js';
import { signalIfThere } from '../host/signal-if-there.js';
import type { StartedContainer } from '../worker/containers/container-process.js';
import type { AttachClient, EndRecord } from './attach-client.js';
import { createKeyWatch, parseKeys } from './detach-keys.js';
import type { ContainerRecord } from './container-record.js';

export interface RelayStreams {
  /** Absent: not attached. */
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly stdout?: NodeJS.WritableStream | undefined;
  readonly stderr?: NodeJS.WritableStream | undefined;
}

export interface RelayChoice {
  readonly isSignalProxied: boolean;
  readonly detachKeys: string;
}

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
    if (choice.isSignalProxied && !(config.isTerminal && streams.stdin)) undo.push(proxySignals(started));
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

export interface ContainerInput {
  /** Resolves when all was taken; false when nobody reads any more. */
  write(data: Uint8Array): Promise<boolean>;
  /** Nothing more comes. */
  end(): void;
  close(): void;
}

export interface PumpChoice extends Pick<RelayChoice, 'detachKeys'> {
  readonly isTerminal: boolean;
  /** The keys were typed. */
  readonly leave: () => void;
}

/** Carries a stream into an input until it ends, or the keys are typed. @returns what stops it */
export function pumpInput(
  stdin: NodeJS.ReadableStream,
  input: ContainerInput,
  { detachKeys, isTerminal, leave }: PumpChoice,
): () => void {
  const keys = createKeyWatch(parseKeys(detachKeys));
  const terminal = stdin as TerminalInput;
  const isRaw = isTerminal && terminal.isTTY === true;
  if (isRaw) terminal.setRawMode(true);
  const onData = (chunk: string | Uint8Array): void => {
    const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const { passed, isMatched } = isRaw ? keys.take(data) : { passed: data, isMatched: false };
    stdin.pause();
    void input.write(passed).then((isRead) => {
      if (isMatched) leave();
      else if (isRead) stdin.resume();
    });
  };
  const onEnd = (): void => input.end();
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  return () => {
    stdin.off('data', onData);
    stdin.off('end', onEnd);
    if (isRaw) terminal.setRawMode(false);
    stdin.pause();
    if (stdin instanceof Socket) stdin.unref();
  };
}
