// What front and worker say to each other, in frames (core/frames.ts). What is asked for has a number, by which it is
// answered. A rootfs and a process are known by the number with which they were asked for, so that more can be asked of
// them before the answer is there.
import type { ArrivingLayer, StoredLayer } from '../store/stored-layer.js';
import type { FailureMessage } from '../host/failure-message.js';
import type { RungName } from './front/rung.js';
import type { RestoredMount, SavedCache } from '../rootfs/carried-cache.js';
import type { ProcessExit, ProcessSpec } from './sandbox.js';
import type { TerminalSize } from '../sandbox/process-spec.js';
import type { Emulator } from '../sandbox/emulation/register-line.js';
import type { SandboxSettings } from '../sandbox/sandbox-settings.js';
import type {
  ContainerGround,
  ContainerProcess,
  OpenContainer,
  OpenedContainer,
  StartedContainer,
} from './containers/container-process.js';
import type { ContainerTree, FilesAnswer, FilesWork } from './containers/container-files.js';

/** The descriptor of the worker that is its end of the socket pair. */
export const CHANNEL = 3;

/** The id maps are written; begin. */
export interface BeginMessage {
  readonly kind: 'begin';
  readonly storeRoot: string;
  /** The file of the store in which the build says what it uses. */
  readonly lease?: string | undefined;
  /** Path of sandbox/notify/supervisor-main. */
  readonly supervisor: string;
  readonly rung: RungName;
  /** Path of unshare(1), for rungs with namespaces. */
  readonly unshare?: string;
  readonly settings: SandboxSettings;
  /** Of a worker for one container, which outlives the worker. */
  readonly container?: ContainerGround;
}

/** What is asked for under a number. */
export type Request =
  /** Has no answer: what keeps it from being opened is the answer to whatever is asked of it. */
  | { readonly kind: 'open'; readonly id: number; readonly layers: readonly StoredLayer[] }
  /** Answered by `started`, and later by `exited`. */
  | { readonly kind: 'start'; readonly id: number; readonly rootfs: number; readonly process: ProcessSpec }
  /** Answered when it was taken. */
  | { readonly kind: 'input'; readonly id: number; readonly process: number; readonly data: Uint8Array }
  | {
      readonly kind: 'snapshot';
      readonly id: number;
      readonly rootfs: number;
      readonly areContentsHashed: boolean;
    }
  | { readonly kind: 'close'; readonly id: number; readonly rootfs: number }
  /** Index and unpack a layer while it is being fetched. */
  | {
      readonly kind: 'unpack';
      readonly id: number;
      readonly layer: ArrivingLayer;
      /** The layers below, bottom first; those that are being fetched too were told before. */
      readonly below: readonly StoredLayer[];
    }
  /** Whether the content of a cache mount is here. Answered by `cache-found`. `mount`: its id. */
  | { readonly kind: 'find-cache'; readonly id: number; readonly mount: string }
  /** Make the content of a cache mount out of a layer of the store. */
  | {
      readonly kind: 'restore-cache';
      readonly id: number;
      readonly mount: RestoredMount;
      readonly layer: StoredLayer;
    }
  /** Make the content of a cache mount a layer of the store. Answered by `cache-saved`. */
  | { readonly kind: 'save-cache'; readonly id: number; readonly mount: string; readonly maxBytes: number }
  /** From the answer on, commands execute programs of its architecture. */
  | { readonly kind: 'emulate'; readonly id: number; readonly emulator: Emulator }
  /** Answer when nothing is left of what was closed, or say what is. */
  | { readonly kind: 'settle'; readonly id: number }
  /** Delete paths of the store, whichever id of the namespace owns what is in them. */
  | { readonly kind: 'remove'; readonly id: number; readonly paths: readonly string[] }
  /** The rootfs and the volumes of the worker's container. Answered by `container-opened`. */
  | { readonly kind: 'open-container'; readonly id: number; readonly container: OpenContainer }
  /** Its processes up to the command, which waits. Answered by `done`: clients can connect. */
  | { readonly kind: 'prepare-container'; readonly id: number; readonly process: ContainerProcess }
  /**
   * The command is executed. `now`: milliseconds since the epoch. Answered by `container-started`; from then on the
   * worker is not needed.
   */
  | { readonly kind: 'start-container'; readonly id: number; readonly now: number }
  /** Something about the files of a container. */
  | {
      readonly kind: 'container-files';
      readonly id: number;
      readonly tree: ContainerTree;
      readonly work: FilesWork;
    };

export type ToWorker =
  | BeginMessage
  | Request
  /** Of a request that can be interrupted, or of a process that lives. */
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'end-input'; readonly process: number }
  | { readonly kind: 'signal'; readonly process: number; readonly signal: NodeJS.Signals }
  | { readonly kind: 'resize'; readonly process: number; readonly size: TerminalSize };

export type RequestOf<Kind extends Request['kind']> = Extract<Request, { kind: Kind }>;

/** For the user, about how processes are kept apart. */
export interface WorkerWords {
  /** What is less than it could be. */
  readonly note?: string | undefined;
  /** What keeps processes apart beside namespaces. */
  readonly about?: string | undefined;
  /** Of a worker for a container: the anchor is of another user namespace by now, which it must be started in. */
  readonly isElsewhere?: true | undefined;
}

export type Answer =
  /** The command was executed. */
  | { readonly kind: 'started'; readonly id: number }
  /** False: nobody reads any more. */
  | { readonly kind: 'taken'; readonly id: number; readonly isRead: boolean }
  | { readonly kind: 'stored'; readonly id: number; readonly layer: StoredLayer }
  | { readonly kind: 'cache-found'; readonly id: number; readonly isThere: boolean }
  | { readonly kind: 'cache-saved'; readonly id: number; readonly saved: SavedCache }
  | { readonly kind: 'container-opened'; readonly id: number; readonly opened: OpenedContainer }
  | { readonly kind: 'container-started'; readonly id: number; readonly started: StartedContainer }
  | { readonly kind: 'container-files'; readonly id: number; readonly answer: FilesAnswer }
  | { readonly kind: 'done'; readonly id: number }
  /** Of a request, or of a process that had started. */
  | { readonly kind: 'failed'; readonly id: number; readonly failure: FailureMessage };

export type FromWorker =
  /** Lives, without id maps. */
  | { readonly kind: 'hello' }
  | { readonly kind: 'ready'; readonly words: WorkerWords }
  | { readonly kind: 'not-ready'; readonly failure: FailureMessage }
  | { readonly kind: 'output'; readonly id: number; readonly stream: 1 | 2; readonly data: Uint8Array }
  | { readonly kind: 'exited'; readonly id: number; readonly exit: ProcessExit }
  | Answer;
