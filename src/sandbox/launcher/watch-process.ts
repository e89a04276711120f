// Watches one command: a call that asks for a network waits until it is connected; one that makes a device is answered.
import { TsbuildError } from '../../core/errors.js';
import type { DeviceAnswers, DeviceCallsOptions } from '../notify/answer-device-calls.js';
import { errorOf, failureOf } from '../../host/failure-message.js';
import type { CallWatchPool } from './call-watch.js';
import type { PrivateNetwork } from '../network/private-network.js';
import type { TrapPrograms } from './trap-programs.js';

export interface ProcessWatch {
  /** Encoded filter of what is watched. */
  readonly filter: Uint8Array;
  /** Descriptor of a socket over which the launcher sends the listener of the filter, before `begin`. */
  readonly inlet: number;
  /** @param onFailure something that waits will never be answered */
  begin(launcher: { readonly pid: number }, onFailure: (error: TsbuildError) => void): void;
  /** To be called when the command has ended, or never started. */
  end(): void;
}

export interface WatchTools {
  readonly traps: TrapPrograms;
  readonly watches: CallWatchPool;
  /** The capabilities that a process needs to make a device; bit n = capability n. */
  readonly deviceCapabilities: bigint;
}

/** @param network is connected when the command asks for one; undefined: no call waits */
export function watchProcess(
  { traps, watches, deviceCapabilities }: WatchTools,
  network: Pick<PrivateNetwork, 'connect'> | undefined,
): ProcessWatch {
  const watch = watches.take();
  let answers: Promise<DeviceAnswers> | undefined;
  let isOver = false;
  return {
    filter: (network && traps.withNetwork) ?? traps.devices,
    inlet: watch.inlet,
    begin({ pid }, onFailure) {
      const fail = (error: unknown): void => {
        if (!isOver) onFailure(error instanceof TsbuildError ? error : errorOf(failureOf(error)));
      };
      watch.begin({
        onNetworkCall() {
          network?.connect().then(() => {
            // The command may have ended meanwhile, and another one may use the watcher.
            if (!isOver) watch.release();
          }, fail);
        },
        onDeviceCall(notification, holder) {
          answers ??= loadAnswers({ holder, pid, capabilities: deviceCapabilities });
          answers
            .then(({ answer }) => {
              if (!isOver) answer(notification);
            })
            .catch(fail);
        },
        onGone: fail,
      });
    },
    end() {
      isOver = true;
      watch.end();
      watches.giveBack(watch);
      // A failure was told to whoever waited for it.
      answers?.then(
        ({ close }) => close(),
        () => undefined,
      );
    },
  };
}

async function loadAnswers(options: DeviceCallsOptions): Promise<DeviceAnswers> {
  const { answerDeviceCalls } = await import('../notify/answer-device-calls.js');
  return answerDeviceCalls(options);
}
