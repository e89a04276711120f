// What a worker does for the front: the start, steps, and deleting what belongs to ids that only its namespace has.
import { TsbuildError } from '../core/errors.js';
import { removeTree } from '../rootfs/remove-tree.js';
import type { StepResult } from './sandbox.js';
import { failureOf } from '../host/failure-message.js';
import { loadSyscalls, type OwnSystemCalls } from '../host/syscalls/system-calls.js';
import { createRunner } from './create-workshop.js';
import { isInside } from '../core/is-inside.js';
import type { FromWorker, StartMessage, ToWorker } from './protocol.js';
import { runStep, type StepRunner } from './open-rootfs.js';
import { removeAbandonedTrees } from '../rootfs/temporary-tree.js';

/** Resolves when the message has left. */
type Send = (message: FromWorker) => Promise<void>;

/** What requests are answered with and by. */
interface Server {
  readonly runner: StepRunner;
  /** Of requests that can be interrupted, by id. */
  readonly aborts: Map<number, AbortController>;
  readonly send: Send;
}

async function start(calls: OwnSystemCalls, message: StartMessage): Promise<StepRunner> {
  process.umask(0);
  const runner = await createRunner(calls, message);
  removeAbandonedTrees(calls, runner.paths.trees, runner.onAbandoned);
  return runner;
}

async function handle(server: Server, message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'start':
      return;
    case 'abort':
      return server.aborts.get(message.id)?.abort();
    case 'settle':
      // Steps clean up in the turn in which they answer.
      return server.send({ kind: 'settled', id: message.id });
    case 'remove':
      return remove(server, message);
    case 'unpack':
      return unpack(server, message);
    case 'run':
      return run(server, message);
  }
}

async function run(
  { runner, aborts, send }: Server,
  { id, layers, step }: Extract<ToWorker, { kind: 'run' }>,
): Promise<void> {
  const abort = new AbortController();
  aborts.set(id, abort);
  let isDelivered = false;
  const onOutput = (stream: 1 | 2, data: Buffer) => send({ kind: 'output', id, stream, data });
  const deliver = (result: StepResult): void => {
    isDelivered = true;
    void send({ kind: 'result', id, result });
  };
  try {
    await runStep(runner, layers, step, { onOutput, deliver, signal: abort.signal });
  } catch (error) {
    // The front no longer waits for this step: the worker ends with what it says.
    if (isDelivered) throw error;
    await send({ kind: 'failed', id, failure: failureOf(error) });
  } finally {
    aborts.delete(id);
  }
}

async function unpack(
  { runner: { trees }, aborts, send }: Server,
  { id, layer, below }: Extract<ToWorker, { kind: 'unpack' }>,
): Promise<void> {
  const abort = new AbortController();
  aborts.set(id, abort);
  try {
    await trees.receive(layer, below, abort.signal);
    await send({ kind: 'unpacked', id });
  } catch (error) {
    await send({ kind: 'failed', id, failure: failureOf(error) });
  } finally {
    aborts.delete(id);
  }
}

async function remove(
  { runner, send }: Server,
  { id, paths }: Extract<ToWorker, { kind: 'remove' }>,
): Promise<void> {
  try {
    for (const path of paths) {
      if (![runner.paths.trees, runner.paths.mounts].some((folder) => isInside(folder, path)))
        throw new TsbuildError('INTERNAL', `${path} is not in the trees or cache mounts of the store`);
      removeTree(runner.calls, path);
    }
    await send({ kind: 'removed', id });
  } catch (error) {
    await send({ kind: 'failed', id, failure: failureOf(error) });
  }
}

/** Gives what takes the messages of the front, in their order. */
export function serve(send: Send): (message: ToWorker) => void {
  // While the front still writes the id maps.
  const calls = loadSyscalls();
  calls.catch(() => undefined);
  let server: Server | undefined;
  return (message) => {
    if (server) void handle(server, message);
    else if (message.kind === 'start') {
      calls
        .then((loaded) => start(loaded, message))
        .then(
          (runner) => {
            server = { runner, aborts: new Map(), send };
            setImmediate(() => runner.stage.warm?.());
            return send({ kind: 'started', words: { note: runner.note, about: runner.about } });
          },
          (error: unknown) => send({ kind: 'start-failed', failure: failureOf(error) }),
        );
    }
  };
}
