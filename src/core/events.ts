// Everything that happens in a build is a typed event; renderers only read events.
import type { ErrorCode, SourceLocation } from './errors.js';
import type { ChangedPaths, MissReason } from './miss-reason.js';

/** Seconds since the epoch, with fraction. */
type Seconds = number;

/** One displayed unit of work, BuildKit's vertex: an instruction, a metadata look-up, an export. */
export interface StepRef {
  /** Unique in the build. */
  readonly id: string;
  /** As shown: `[build 2/3] RUN make`, `[internal] load build definition from Dockerfile`. */
  readonly name: string;
}

/** A stage of the plan: what it starts from, and its steps in their order. */
export interface StageRef {
  /** Unique in the build. */
  readonly id: string;
  /** Its name in the Dockerfile, or `stage-N`. */
  readonly name: string;
  /** `linux/amd64` */
  readonly platform: string;
  /** What stands in its FROM, variables expanded: an image, a stage, `scratch`, a named context. */
  readonly base: string;
  /** Line of its FROM, from 1. */
  readonly line: number;
  /** Ids of the stages that it starts from or takes files of. */
  readonly needs: readonly string[];
  readonly steps: readonly StageStep[];
}

/** Where the step of an instruction stands in the Dockerfile, lines from 1. */
export interface StageStep {
  /** Of the step. */
  readonly id: string;
  readonly startLine: number;
  readonly endLine: number;
  /** Ids of the stages that it takes files of. */
  readonly needs?: readonly string[];
}

/** A layer of an image. */
export interface LayerRef {
  readonly diffId: string;
  /** Bytes of the blob in the manifest. */
  readonly size: number;
  /** The instruction, as the history of the image has it; empty when it has none. */
  readonly createdBy: string;
}

export type BuildEvent =
  /** The first of a build: the id under which its log is kept. */
  | { readonly kind: 'build'; readonly id: string; readonly time: Seconds }
  /** The last of a build. */
  | {
      readonly kind: 'build-end';
      readonly id: string;
      readonly status: 'done' | 'error' | 'canceled';
      readonly time: Seconds;
    }
  /** The steps that the instructions of the target will be, before any of them begins. */
  | {
      readonly kind: 'plan';
      readonly steps: readonly StepRef[];
      readonly stages?: readonly StageRef[];
      readonly time: Seconds;
    }
  | { readonly kind: 'step-start'; readonly step: StepRef; readonly time: Seconds }
  /** What the step waited for is there, such as the layers below: its own work begins, and its clock. */
  | { readonly kind: 'step-work'; readonly id: string; readonly time: Seconds }
  | {
      readonly kind: 'step-log';
      readonly id: string;
      readonly stream: 1 | 2;
      readonly data: Uint8Array;
      readonly time: Seconds;
    }
  | {
      readonly kind: 'step-progress';
      readonly id: string;
      /** What moves: `sha256:abc…`, `transferring context`. */
      readonly item: string;
      readonly current: number;
      readonly total?: number;
      readonly unit?: 'bytes' | 'files';
      readonly isDone?: boolean;
      readonly time: Seconds;
    }
  | {
      readonly kind: 'step-end';
      readonly id: string;
      readonly status: 'done' | 'cached' | 'error' | 'canceled';
      readonly error?: { readonly code: ErrorCode; readonly message: string };
      /** Why it was not taken from the cache. */
      readonly miss?: MissReason;
      /** Of files that were copied: which are not what they were the last time. */
      readonly changed?: ChangedPaths;
      /** Name of the remote cache that had it. */
      readonly from?: string;
      readonly time: Seconds;
    }
  | {
      readonly kind: 'warning';
      readonly rule?: string;
      readonly message: string;
      readonly url?: string;
      readonly location?: SourceLocation;
      readonly detail?: string;
    }
  /** An image of the build as the store has it: an output may compress or rewrite its layers. */
  | {
      readonly kind: 'image';
      /** Of the manifest. */
      readonly digest: string;
      readonly configDigest: string;
      /** `linux/amd64` */
      readonly platform: string;
      /** Bottom first. */
      readonly layers: readonly LayerRef[];
      readonly time: Seconds;
    }
  | { readonly kind: 'note'; readonly message: string }
  /** A command of the build failed, and is kept under the id of its log: a shell can be opened where it ran. */
  | { readonly kind: 'kept-command'; readonly build: string; readonly time: Seconds }
  /** Until it is closed a shell has the terminal: nothing else may be shown there. */
  | {
      readonly kind: 'shell-open';
      /** Name of the step whose command failed. */
      readonly step: string;
      /** `exit code: 2` */
      readonly failure: string;
      readonly time: Seconds;
    }
  | { readonly kind: 'shell-closed'; readonly time: Seconds };

/** Those that tell of a step. */
export type StepEvent = Extract<BuildEvent, { readonly kind: `step-${string}` }>;

export function isStepEvent(event: BuildEvent): event is StepEvent {
  return event.kind.startsWith('step-');
}

/** Never throws; called synchronously. */
export type EventSink = (event: BuildEvent) => void;
