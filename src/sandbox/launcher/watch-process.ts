// One process under watch: what asks for a network waits until it is connected, and what makes a device is answered.
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
  /** When the process is over, or never began. */
  end(): void;
}

export interface WatchTools {
  readonly traps: TrapPrograms;
  readonly watches: CallWatchPool;
  /** What a process must have of capabilities to make a device, as bits. */
  readonly deviceCapabilities: bigint;
}

/** @param network it is connected when the process asks for it; undefined: none waits */
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
            // The process may have ended meanwhile, and another one begun.
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
