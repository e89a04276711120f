// What front and worker say to each other, in frames (sandbox/frames.ts).
import type { ArrivingLayer, StoredLayer } from '../store/stored-layer.js';
import type { FailureMessage } from '../host/failure-message.js';
import type { RungName } from './front/rung.js';
import type { StepResult, StepSpec } from './sandbox.js';
import type { StepSettings } from '../sandbox/sandbox-settings.js';

/** The descriptor of the worker that is its end of the socket pair. */
export const CHANNEL = 3;

export type ToWorker =
  /** The id maps are written; begin. */
  | {
      readonly kind: 'start';
      readonly storeRoot: string;
      /** Path of sandbox/notify/supervisor-main. */
      readonly supervisor: string;
      readonly rung: RungName;
      /** Path of unshare(1), for rungs with namespaces. */
      readonly unshare?: string;
      readonly settings: StepSettings;
    }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly layers: readonly StoredLayer[];
      readonly step: StepSpec;
    }
  /** Index and unpack a layer while it is being fetched. */
  | {
      readonly kind: 'unpack';
      readonly id: number;
      readonly layer: ArrivingLayer;
      /** The layers below, bottom first; those that are being fetched too were told before. */
      readonly below: readonly StoredLayer[];
    }
  | { readonly kind: 'abort'; readonly id: number }
  /** Answer when everything that was asked before is done, cleaning up included. */
  | { readonly kind: 'settle'; readonly id: number }
  /** Delete paths of the store, whoever of the namespace owns what is in them. */
  | { readonly kind: 'remove'; readonly id: number; readonly paths: readonly string[] };

export type StartMessage = Extract<ToWorker, { kind: 'start' }>;

/** For the user, about how steps run. */
export interface WorkerWords {
  /** What is less than it could be. */
  readonly note?: string | undefined;
  /** What keeps steps apart beside namespaces. */
  readonly about?: string | undefined;
}

export type FromWorker =
  /** Lives, without id maps. */
  | { readonly kind: 'hello' }
  | { readonly kind: 'started'; readonly words: WorkerWords }
  | { readonly kind: 'start-failed'; readonly failure: FailureMessage }
  | { readonly kind: 'output'; readonly id: number; readonly stream: 1 | 2; readonly data: Uint8Array }
  | { readonly kind: 'result'; readonly id: number; readonly result: StepResult }
  | { readonly kind: 'unpacked'; readonly id: number }
  | { readonly kind: 'removed'; readonly id: number }
  | { readonly kind: 'settled'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: FailureMessage };
