// A watcher: a small process that takes the trapped calls of a command (seccomp/trap-filter.ts). Calls that ask for a
// network wait until the network is connected. After that the watcher lets them go on by itself, since the worker may
// be busy for seconds. Calls that make devices it hands to the worker. Its machine code is in x64.s. It is in the user
// namespace of the commands, in a pid namespace that no command sees, and has no capabilities.
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import type { ChildExits } from './child-exits.js';
import { type Launcher, type LauncherStarter, FIRST_OWN } from './start-launcher.js';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { invariant, TsbuildError } from '../../core/errors.js';
import { releaseMessage, watchMessage } from './watch-message.js';
import { deviceCallNumbers } from '../seccomp/call-traps.js';

export interface CallWatch {
  /** Descriptor of a socket over which a launcher gives the listener of its filter (`sendDescriptor`). */
  readonly inlet: number;
  /** The next listener that was sent is watched until `end`. One at a time. */
  begin(watcher: Watcher): void;
  /** Calls that wait for a network go on, and later ones do not wait. */
  release(): void;
  /** To be called when nothing of the command runs any more. */
  end(): void;
  /** False: it has ended, and can watch nothing. */
  isAlive(): boolean;
  close(): void;
}

/** The process and the descriptor there that a listener can be copied from (pidfd_getfd(2)). */
export interface ListenerPlace {
  readonly pid: number;
  readonly fd: number;
}

export interface Watcher {
  /** A call waits for the network. Once or more. */
  onNetworkCall(): void;
  /** A call that makes a device waits for an answer. `notification`: struct seccomp_notif */
  onDeviceCall(notification: Buffer, listener: ListenerPlace): void;
  /** Calls are not answered any more. */
  onGone(error: TsbuildError): void;
}

/** Its descriptors: where x64.s writes notifications, and the other end of the inlet. */
const OUTLET = FIRST_OWN + 1;
/** struct seccomp_notif: its size, and where the number of the call is. */
const NOTIFICATION_BYTES = 80;
const CALL_NUMBER = 16;

function openCallWatch(
  calls: Pick<OwnSystemCalls, 'pipe' | 'socketPair'>,
  starter: LauncherStarter,
  exits: ChildExits,
): CallWatch {
  invariant(process.arch === 'x64' || process.arch === 'arm64', 'a launcher runs on this machine');
  const deviceCalls = deviceCallNumbers(process.arch);
  const { bell: readEnd, inlet, holder } = startHolder(calls, starter);
  void exits.of(holder.pid);
  let current: { readonly watcher: Watcher; readonly listener: number; isReleased: boolean } | undefined;
  let isAlive = true;
  let rest = Buffer.alloc(0);
  const bell = new Socket({ fd: readEnd, readable: true, writable: false });

  function pass(notification: Buffer): void {
    if (!current) return;
    const { watcher, listener } = current;
    if (deviceCalls.includes(notification.readInt32LE(CALL_NUMBER)))
      watcher.onDeviceCall(notification, { pid: holder.pid, fd: listener });
    else watcher.onNetworkCall();
  }

  bell.on('data', (data: Buffer) => {
    const all = Buffer.concat([rest, data]);
    const whole = all.length - (all.length % NOTIFICATION_BYTES);
    for (let at = 0; at < whole; at += NOTIFICATION_BYTES) pass(all.subarray(at, at + NOTIFICATION_BYTES));
    rest = all.subarray(whole);
  });
  // Its end tells.
  bell.on('error', () => {});
  bell.on('close', () => {
    isAlive = false;
    current?.watcher.onGone(new TsbuildError('SANDBOX_FAILED', 'the watcher of a process ended early'));
  });
  return {
    inlet,
    begin(watcher) {
      const listener = holder.calls.receiveDescriptor(OUTLET);
      holder.calls.wakeSynchronously(listener);
      current = { watcher, listener, isReleased: false };
      holder.tell(watchMessage(listener, deviceCalls));
    },
    release() {
      // A second word would be taken for a new order.
      if (!current || current.isReleased) return;
      current.isReleased = true;
      holder.tell(releaseMessage());
    },
    end() {
      if (!current) return;
      const { listener } = current;
      current = undefined;
      if (isAlive) holder.calls.close(listener);
    },
    isAlive: () => isAlive,
    close() {
      current = undefined;
      bell.destroy();
      closeSync(inlet);
      holder.close();
    },
  };
}

interface Holder {
  readonly holder: Launcher;
  /** Read end of the pipe that it writes notifications to. */
  readonly bell: number;
  readonly inlet: number;
}

function startHolder(calls: Pick<OwnSystemCalls, 'pipe' | 'socketPair'>, starter: LauncherStarter): Holder {
  const { readEnd, writeEnd } = calls.pipe();
  const open = [readEnd];
  const handed = [writeEnd];
  try {
    const [inlet, outlet] = calls.socketPair();
    open.push(inlet);
    handed.push(outlet);
    // Who calls is told by numbers of this process's pid namespace.
    const holder = starter.start([writeEnd, outlet], { isBeside: true });
    // Watching needs none.
    holder.calls.setCapabilities(0n);
    return { holder, bell: readEnd, inlet };
  } catch (error) {
    for (const fd of open) closeSync(fd);
    throw error;
  } finally {
    for (const fd of handed) closeSync(fd);
  }
}

/** One watcher for each command that runs; later commands use it again. */
export interface CallWatchPool {
  take(): CallWatch;
  giveBack(watch: CallWatch): void;
}

/** The first watcher is made at once: a worker is started only for a command. */
export function createCallWatchPool(
  calls: OwnSystemCalls,
  starter: LauncherStarter,
  exits: ChildExits,
): CallWatchPool {
  const open = (): CallWatch => openCallWatch(calls, starter, exits);
  const free = [open()];
  return {
    take: () => free.pop() ?? open(),
    giveBack(watch) {
      if (watch.isAlive()) free.push(watch);
      else watch.close();
    },
  };
}
