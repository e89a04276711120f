// The supervisor of rung `userns-single`: one process per worker, in the worker's namespaces, that answers what steps ask about owners
// and ids. It ends with its channel. Synchronous from start to end: a step waits for every answer.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { TsbuildError } from '../../../core/errors.js';
import { failureOf } from '../failure-message.js';
import { encodeFrame, frameDecoder } from '../frames.js';
import { loadBinding } from '../syscalls/binding.js';
import { O_DIRECTORY, O_PATH } from '../syscalls/open-flags.js';
import { notifyCalls, type NotifyCalls } from '../syscalls/notify-calls.js';
import { createCredentialTable } from './credential-table.js';
import { credentialsOf } from './credentials.js';
import { createAnswering } from './supervise.js';
import type { SupervisedStep } from './supervised-step.js';
import type { ConfirmMessage, FromSupervisor, SuperviseMessage } from './supervisor-protocol.js';

const CHANNEL = 3;

function send(message: FromSupervisor): void {
  const frame = encodeFrame(message);
  for (let done = 0; done < frame.length;) done += writeSync(CHANNEL, frame, done);
}

function openStep(calls: NotifyCalls, message: SuperviseMessage): SupervisedStep {
  const listener = calls.takeDescriptor(message.pid, message.listener);
  if (listener < 0)
    throw new TsbuildError('SANDBOX_FAILED', `cannot supervise a RUN step: pidfd_getfd: errno ${-listener}`);
  calls.wakeSynchronously(listener);
  return {
    calls,
    listener,
    root: openSync(`/proc/${message.pid}/root`, O_PATH | O_DIRECTORY),
    credentials: createCredentialTable(calls, credentialsOf(message)),
    mayHaveOtherRoots: false,
  };
}

function accept(
  calls: NotifyCalls,
  steps: Map<number, SupervisedStep>,
  message: SuperviseMessage | ConfirmMessage,
): void {
  const { id } = message;
  if (!('listener' in message)) return send({ id });
  try {
    const step = openStep(calls, message);
    steps.set(step.listener, step);
    send({ id });
  } catch (error) {
    send({ id, failure: failureOf(error) });
  }
}

function end(steps: Map<number, SupervisedStep>, listener: number): void {
  const step = steps.get(listener);
  if (!step) return;
  steps.delete(listener);
  for (const fd of [step.listener, step.root]) closeSync(fd);
}

async function main(): Promise<void> {
  const calls = notifyCalls(await loadBinding());
  const steps = new Map<number, SupervisedStep>();
  const answer = createAnswering();
  const decode = frameDecoder<SuperviseMessage | ConfirmMessage>((message) => accept(calls, steps, message));
  const chunk = Buffer.alloc(65536);
  for (;;) {
    const { readable, over } = calls.poll([CHANNEL, ...steps.keys()]);
    for (const fd of readable) {
      const step = steps.get(fd);
      if (step) answer(step);
      else if (fd === CHANNEL) {
        const length = readSync(CHANNEL, chunk);
        if (length === 0) return;
        decode(Buffer.from(chunk.subarray(0, length)));
      }
    }
    if (over.includes(CHANNEL)) return;
    for (const listener of over) end(steps, listener);
  }
}

process.umask(0);
// A failure is for the worker to read: it ends the process with its text.
void main().then(() => process.exit(0));
