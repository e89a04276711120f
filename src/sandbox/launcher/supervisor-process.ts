// Starts the supervisor of a worker (notify/supervisor-main.ts) and asks it to answer the calls of commands.
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { TsbuildError } from '../../core/errors.js';
import { errorOf } from '../../host/failure-message.js';
import { encodeFrame, frameDecoder } from '../../core/frames.js';
import { lastWords } from '../../host/last-words.js';
import { nodeCommand } from '../../host/node-command.js';
import type { ConfirmMessage, FromSupervisor, SuperviseMessage } from '../notify/supervisor-protocol.js';

export interface Supervisor {
  readonly pid: number;
  /** When it resolves, the trapped calls of the command are answered. @throws TsbuildError SANDBOX_* */
  supervise(request: Omit<SuperviseMessage, 'id'>): Promise<void>;
  /**
   * Without a supervisor every trapped call fails. A command that goes on all the same would be recorded with wrong
   * owners, so its result must not be used.
   * @param onLost is called once when the supervisor ends.
   * @returns ends the watch
   */
  watch(onLost: (error: TsbuildError) => void): () => void;
  /** Of a lasting one: this process can end before it, and hears nothing of it any more. */
  release(): void;
  /** Resolves when the supervisor lives, and so has lived all the time. @throws TsbuildError SANDBOX_FAILED */
  confirm(): Promise<void>;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: TsbuildError) => void;
}

export interface SupervisorOptions {
  /** It lives as long as its commands; else as long as this process. */
  readonly isLasting?: boolean;
  /** A command that executes it. */
  readonly prefix?: readonly string[];
}

export function startSupervisor(
  program: string,
  { isLasting = false, prefix = [] }: SupervisorOptions = {},
): Supervisor {
  const [node = '', ...args] = [...prefix, ...nodeCommand(program, isLasting ? ['lasting'] : [])];
  const child = spawn(node, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: {},
    // Signals of a terminal are none of its.
    ...(isLasting && { detached: true, cwd: '/' }),
  });
  const channel = child.stdio[3] as Duplex;
  const pending = new Map<number, Pending>();
  const watchers = new Set<(error: TsbuildError) => void>();
  const complaint = lastWords(child.stderr);
  let gone: TsbuildError | undefined;
  let lastId = 0;

  function fail(reason: string): void {
    gone ??= lostError(reason, complaint());
    for (const { reject } of pending.values()) reject(gone);
    for (const onLost of watchers) onLost(gone);
    pending.clear();
    watchers.clear();
  }

  function ask(message: Omit<SuperviseMessage, 'id'> | Omit<ConfirmMessage, 'id'>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (gone) return reject(gone);
      const id = ++lastId;
      pending.set(id, { resolve, reject });
      channel.write(encodeFrame({ ...message, id }));
    });
  }

  child.once('close', (code, signal) => fail(`ended early (${signal ?? code})`));
  child.once('error', (cause) => fail(`cannot be started (${cause.message})`));
  // It closes its end when it ends, while something may be on the way; its exit tells more.
  channel.on('error', () => {});
  channel.on(
    'data',
    frameDecoder<FromSupervisor>(({ id, failure }) => {
      const request = pending.get(id);
      pending.delete(id);
      if (failure) request?.reject(errorOf(failure));
      else request?.resolve();
    }),
  );
  return {
    pid: child.pid ?? -1,
    supervise: ask,
    confirm: () => ask({}),
    release() {
      channel.destroy();
      child.stderr?.destroy();
      child.unref();
    },
    watch(onLost) {
      if (gone) onLost(gone);
      else watchers.add(onLost);
      return () => watchers.delete(onLost);
    },
  };
}

/** @param complaint what it wrote at its end; the message takes only the error of a stack trace */
function lostError(reason: string, complaint: string): TsbuildError {
  const [error = complaint] = /^\w*Error\b.*$/m.exec(complaint) ?? [];
  return new TsbuildError(
    'SANDBOX_FAILED',
    `the supervisor of the processes ${reason}${error === '' ? '' : `: ${error}`}`,
    {
      hint: 'run the build again; if it was killed for lack of memory, give it more, or use --isolation userns',
    },
  );
}
