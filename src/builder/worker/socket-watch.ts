// The process that holds the network namespace of steps also watches whether the step in it asks for a socket: its machine code
// (sandbox/launcher/x64.s) lets calls wait until the network leads somewhere, and after that go on without this process, which may be
// busy for seconds. It is in the user namespace of steps, in a pid namespace of its own that no step sees, and without capabilities.
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { TsbuildError } from '../../core/errors.js';
import { releaseMessage, watchMessage } from '../sandbox/launcher/watch-message.js';
import type { OwnSystemCalls } from '../sandbox/syscalls.js';
import { FIRST_OWN, type Launcher, type LauncherStarter } from './start-launcher.js';

export interface SocketWatch {
  readonly holder: Launcher;
  /** Descriptor of a socket over which a launcher gives the listener of its filter (`sendDescriptor`). */
  readonly inlet: number;
  /** The next listener that was sent is watched until `end`. One at a time. */
  begin(watcher: Watcher): void;
  /** What waits goes on, and what comes later does not wait. */
  release(): void;
  /** Nothing of the step runs any more. */
  end(): void;
  close(): void;
}

export interface Watcher {
  /** A call waits. Once or more. */
  onCall(): void;
  /** Calls are not answered any more. */
  onGone(error: TsbuildError): void;
}

/** Its descriptors: where x64.s writes a byte for each call, and the other end of the inlet. */
const OUTLET = FIRST_OWN + 1;

export function openSocketWatch(
  calls: Pick<OwnSystemCalls, 'pipe' | 'socketPair'>,
  starter: LauncherStarter,
): SocketWatch {
  const { readEnd, writeEnd } = calls.pipe();
  const [inlet, outlet] = calls.socketPair();
  const holder = starter.start([writeEnd, outlet]);
  for (const fd of [writeEnd, outlet]) closeSync(fd);
  let current: { readonly watcher: Watcher; readonly listener: number; isReleased: boolean } | undefined;
  const bell = new Socket({ fd: readEnd, readable: true, writable: false });
  bell.on('data', () => current?.watcher.onCall());
  // Its end tells.
  bell.on('error', () => {});
  bell.on('close', () =>
    current?.watcher.onGone(
      new TsbuildError('SANDBOX_FAILED', 'the holder of the network of a RUN step ended early'),
    ),
  );
  return {
    holder,
    inlet,
    begin(watcher) {
      const listener = holder.calls.receiveDescriptor(OUTLET);
      holder.calls.wakeSynchronously(listener);
      current = { watcher, listener, isReleased: false };
      holder.tell(watchMessage(listener));
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
      holder.calls.close(listener);
    },
    close() {
      current = undefined;
      bell.destroy();
      closeSync(inlet);
      holder.close();
    },
  };
}
