// What a worker does for the front: the start, steps, and deleting what belongs to ids that only its namespace has.
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { removeTree } from '../rootfs/remove-tree.js';
import type { StepResult } from '../sandbox/sandbox.js';
import { failureOf } from '../sandbox/failure-message.js';
import { loadSyscalls, type OwnSystemCalls } from '../sandbox/syscalls.js';
import { createRunner } from './create-runner.js';
import type { FromWorker, StartMessage, ToWorker } from './protocol.js';
import { runStep, type StepRunner } from './step-runner.js';
import { removeAbandonedTrees } from './temporary-tree.js';

function send(message: FromWorker): Promise<void> {
  // The channel fails only when the front is gone; `disconnect` then ends this process.
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

async function start(calls: OwnSystemCalls, message: StartMessage): Promise<StepRunner> {
  process.umask(0);
  const runner = await createRunner(calls, message);
  // As a new store is made; this one may be older. Trees hold programs with set-id bits.
  for (const folder of [runner.paths.trees, runner.paths.mounts]) chmodSync(folder, 0o700);
  removeAbandonedTrees(calls, runner.paths.trees, runner.onAbandoned);
  return runner;
}

async function handle(
  runner: StepRunner,
  aborts: Map<number, AbortController>,
  message: ToWorker,
): Promise<void> {
  switch (message.kind) {
    case 'start':
      return;
    case 'abort':
      return aborts.get(message.id)?.abort();
    case 'settle':
      // Steps clean up in the turn in which they answer.
      return send({ kind: 'settled', id: message.id });
    case 'remove':
      return remove(runner, message);
    case 'unpack':
      return unpack(runner, aborts, message);
    case 'run':
      return run(runner, aborts, message);
  }
}

async function run(
  runner: StepRunner,
  aborts: Map<number, AbortController>,
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
  { trees }: StepRunner,
  aborts: Map<number, AbortController>,
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
  runner: StepRunner,
  { id, paths }: Extract<ToWorker, { kind: 'remove' }>,
): Promise<void> {
  try {
    for (const path of paths) {
      const isInside = [runner.paths.trees, runner.paths.mounts].some(
        (folder) => path.startsWith(`${folder}/`) && !path.includes('/../'),
      );
      if (!isInside || dirname(path) === '/')
        throw new TsbuildError('INTERNAL', `${path} is not in the trees or cache mounts of the store`);
      removeTree(runner.calls, path);
    }
    await send({ kind: 'removed', id });
  } catch (error) {
    await send({ kind: 'failed', id, failure: failureOf(error) });
  }
}

/** Gives what takes the messages of the front, in their order. */
export function serve(): (message: ToWorker) => void {
  const aborts = new Map<number, AbortController>();
  // While the front still writes the id maps.
  const calls = loadSyscalls();
  calls.catch(() => undefined);
  let runner: StepRunner | undefined;
  return (message) => {
    if (runner) void handle(runner, aborts, message);
    else if (message.kind === 'start') {
      calls
        .then((loaded) => start(loaded, message))
        .then(
          (started) => {
            runner = started;
            return send({ kind: 'started', note: started.note });
          },
          (error: unknown) => send({ kind: 'start-failed', failure: failureOf(error) }),
        );
    }
  };
}
