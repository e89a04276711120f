// The supervisor: one process per worker, in the worker's namespaces. It answers the calls of commands on owners and
// ids on the rung `userns-single`, and on devices elsewhere: calls that the kernel would refuse or answer wrongly. It
// ends when its channel is closed, or, for a container, with the last process of it. It is synchronous from start to
// end: a process waits for every answer.
import { closeSync, openSync, readlinkSync, readSync, writeSync } from 'node:fs';
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { failureOf } from '../../host/failure-message.js';
import { encodeFrame, frameDecoder } from '../../core/frames.js';
import { loadBinding } from '../../host/syscalls/binding.js';
import { O_DIRECTORY, O_PATH } from '../../host/syscalls/open-flags.js';
import { notifyCalls, type NotifyCalls } from '../../host/syscalls/notify-calls.js';
import { createCredentialTable } from './credential-table.js';
import { credentialsOf } from './credentials.js';
import {
  readIdMap,
  type DeviceCommand,
  type SupervisedCommand,
  type WatchedCommand,
} from './watched-call.js';
import { deviceHandlersByNumber, handlersByNumber } from './handlers.js';
import { recordsBesideHost } from './records-beside-host.js';
import { createAnswering } from './supervise.js';
import type { ConfirmMessage, FromSupervisor, SuperviseMessage } from './supervisor-protocol.js';

const CHANNEL = 3;
/** Started for the processes of a container: it ends with the last of them. */
const IS_LASTING = process.argv[2] === 'lasting';

function send(message: FromSupervisor): void {
  const frame = encodeFrame(message);
  for (let done = 0; done < frame.length;) done += writeSync(CHANNEL, frame, done);
}

/** A command, and what answers its calls. */
interface Answered {
  readonly listener: number;
  readonly root: number;
  answer(): void;
}

/** The answers for each kind of command. */
interface Answering {
  readonly supervised: (command: SupervisedCommand) => void;
  readonly ofDevices: (command: DeviceCommand) => void;
}

function openCommand(calls: NotifyCalls, answering: Answering, message: SuperviseMessage): Answered {
  const listener = calls.takeDescriptor(message.pid, message.listener);
  if (listener < 0)
    throw new TsbuildError('SANDBOX_FAILED', `cannot supervise a process: pidfd_getfd: errno ${-listener}`);
  calls.wakeSynchronously(listener);
  const root = openSync(`/proc/${message.pid}/root`, O_PATH | O_DIRECTORY);
  const watched = { calls, listener, root };
  const { deviceCapabilities, hasNoPrivilege, ignoresSetId } = message;
  if (deviceCapabilities !== undefined) {
    const command = deviceCommandOf(watched, message.pid, BigInt(`0x${deviceCapabilities}`));
    return { listener, root, answer: () => answering.ofDevices(command) };
  }
  const credentials = createCredentialTable(calls, credentialsOf(message), { hasNoPrivilege });
  const command: SupervisedCommand = {
    ...watched,
    calls: recordingCalls(calls, message),
    credentials,
    mayHaveOtherRoots: false,
    ignoresSetId,
  };
  return { listener, root, answer: () => answering.supervised(command) };
}

function recordingCalls(calls: NotifyCalls, { pid, foreignMounts = [] }: SuperviseMessage): NotifyCalls {
  return foreignMounts.length === 0 ? calls : recordsBesideHost(calls, pid, foreignMounts);
}

function deviceCommandOf(
  watched: Omit<WatchedCommand, 'mayHaveOtherRoots'>,
  pid: number,
  capabilities: bigint,
): DeviceCommand {
  const userNamespace = readlinkSync(`/proc/${pid}/ns/user`, 'latin1') as ByteString;
  const idsOfCommand = { user: readIdMap(pid, 'uid_map'), group: readIdMap(pid, 'gid_map') };
  // chroot(2) is not trapped.
  return { ...watched, mayHaveOtherRoots: true, makers: { capabilities, userNamespace }, idsOfCommand };
}

function accept(
  calls: NotifyCalls,
  answering: Answering,
  commands: Map<number, Answered>,
  message: SuperviseMessage | ConfirmMessage,
): void {
  const { id } = message;
  if (!('listener' in message)) return send({ id });
  try {
    const command = openCommand(calls, answering, message);
    commands.set(command.listener, command);
    send({ id });
  } catch (error) {
    send({ id, failure: failureOf(error) });
  }
}

function end(commands: Map<number, Answered>, listener: number): void {
  const command = commands.get(listener);
  if (!command) return;
  commands.delete(listener);
  for (const fd of [command.listener, command.root]) closeSync(fd);
}

async function main(): Promise<void> {
  const calls = notifyCalls(await loadBinding());
  const commands = new Map<number, Answered>();
  const answering: Answering = {
    supervised: createAnswering(handlersByNumber),
    ofDevices: createAnswering(deviceHandlersByNumber),
  };
  const decode = frameDecoder<SuperviseMessage | ConfirmMessage>((message) =>
    accept(calls, answering, commands, message),
  );
  const chunk = Buffer.alloc(65536);
  let isChannelOpen = true;
  const isNeeded = (): boolean => isChannelOpen || (IS_LASTING && commands.size > 0);
  while (isNeeded()) {
    const { readable, over } = calls.poll([...(isChannelOpen ? [CHANNEL] : []), ...commands.keys()]);
    for (const fd of readable) {
      const command = commands.get(fd);
      if (command) command.answer();
      else if (fd === CHANNEL) {
        const length = readSync(CHANNEL, chunk);
        if (length === 0) isChannelOpen = false;
        else decode(Buffer.from(chunk.subarray(0, length)));
      }
    }
    if (over.includes(CHANNEL)) isChannelOpen = false;
    for (const listener of over) end(commands, listener);
  }
}

process.umask(0);
// A failure is for the worker to read: it ends the process with its text.
void main().then(() => process.exit(0));
