// Answers the calls of one command that make devices. Loaded at the first such call: few commands make devices.
import { closeSync, readlinkSync } from 'node:fs';
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { syscallNumbers } from '../seccomp/syscall-numbers.js';
import { loadBinding } from '../../host/syscalls/binding.js';
import { RESPONSE_BYTES } from '../../host/syscalls/notification-calls.js';
import { notifyCalls } from '../../host/syscalls/notify-calls.js';
import { makeDevice } from './make-device.js';
import { callIn, FIELD, fillResponse } from './notification.js';
import type { DeviceMakers, WatchedCommand } from './watched-call.js';

export interface DeviceAnswers {
  /** Answers one call. `notification`: struct seccomp_notif */
  answer(notification: Buffer): void;
  close(): void;
}

export interface DeviceCallsOptions {
  /** The process that holds the listener of the command, and the number of the descriptor there. */
  readonly holder: { readonly pid: number; readonly fd: number };
  /** A living process of the command. */
  readonly pid: number;
  /** The capabilities that a process needs to make a device; bit n = capability n. */
  readonly capabilities: bigint;
}

/** @throws TsbuildError SANDBOX_FAILED */
export async function answerDeviceCalls({
  holder,
  pid,
  capabilities,
}: DeviceCallsOptions): Promise<DeviceAnswers> {
  const calls = notifyCalls(await loadBinding());
  const listener = calls.takeDescriptor(holder.pid, holder.fd);
  if (listener < 0)
    throw new TsbuildError(
      'SANDBOX_FAILED',
      `cannot answer calls of a process: pidfd_getfd: errno ${-listener}`,
    );
  const command: WatchedCommand = { calls, listener, root: -1, mayHaveOtherRoots: true };
  const userNamespace = userNamespaceOf(pid, () => closeSync(listener));
  const makers: DeviceMakers = { capabilities, userNamespace };
  const response = Buffer.alloc(RESPONSE_BYTES);
  return {
    answer(notification) {
      const call = callIn(notification, command);
      const path = isAtCall(notification) ? 1 : 0;
      fillResponse(response, call.id, makeDevice(call, path, makers));
      calls.respond(listener, response);
    },
    close: () => closeSync(listener),
  };
}

function userNamespaceOf(pid: number, onFailure: () => void): ByteString {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`, 'latin1') as ByteString;
  } catch (error) {
    onFailure();
    throw error;
  }
}

/** Of mknodat(2) in the modes of this machine. */
const AT_CALLS = (['x64', 'x86', 'arm64'] as const).map((arch) => syscallNumbers(arch).get('mknodat'));

function isAtCall(notification: Buffer): boolean {
  return AT_CALLS.includes(notification.readInt32LE(FIELD.number));
}
