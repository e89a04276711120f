// What a report tells of a build, as plain data. Texts in it are those of the build: the page escapes them.
import type { BuildSummary } from '../core/build-summary.js';
import type { StageRef } from '../core/events.js';
import type { CriticalStep } from './critical-path.js';
import type { ImageContents } from '../image-contents/image-contents.js';

/** Seconds since the build began. */
export type Offset = number;

export interface ReportData {
  readonly build: ReportBuild;
  /** Of the Dockerfile in its order; empty when the build ended before it had a plan. */
  readonly stages: readonly StageRef[];
  /** Those that began in the order of their beginnings, then those that did not. */
  readonly steps: readonly ReportStep[];
  /** The steps that waited for each other until the build ended. */
  readonly criticalPath: readonly CriticalStep[];
  readonly images: readonly ReportImage[];
  readonly warnings: readonly ReportWarning[];
  readonly notes: readonly string[];
  readonly pushed: readonly PushedImage[];
}

export type ReportBuild = Omit<BuildSummary, 'executed' | 'cached'>;

export interface ReportStep {
  readonly id: string;
  /** As shown: `[build 2/3] RUN make`. */
  readonly name: string;
  /** `waiting`: it never began. */
  readonly outcome: 'ran' | 'cached' | 'failed' | 'canceled' | 'running' | 'waiting';
  /** Whether an instruction of the Dockerfile stands behind it. */
  readonly isInstruction: boolean;
  readonly lines?: { readonly start: number; readonly end: number };
  readonly start?: Offset;
  /** When what it waited for was there. Absent when it waited for nothing. */
  readonly work?: Offset;
  readonly end?: Offset;
  /** A sentence each: why it ran, or where the hit came from. */
  readonly reasons: readonly string[];
  /** Of a step that failed. */
  readonly error?: string;
  readonly log?: StepOutput;
}

/** The last lines that a step has written. */
export interface StepOutput {
  readonly lines: readonly string[];
  /** Lines in front of them. */
  readonly left: number;
}

export interface ReportImage {
  /** `linux/amd64` */
  readonly platform: string;
  /** Of the manifest in the store. */
  readonly digest: string;
  readonly layers: readonly { readonly diffId: string; readonly size: number; readonly createdBy: string }[];
  /** Absent when the store lacks a layer. */
  readonly contents?: ImageContents;
}

export interface ReportWarning {
  readonly rule?: string;
  readonly message: string;
  readonly detail?: string;
  readonly url?: string;
  readonly location?: WarningLocation;
}

export interface WarningLocation {
  readonly file: string;
  readonly startLine: number;
  readonly endLine: number;
  /** The lines, and some around them. */
  readonly lines: readonly { readonly number: number; readonly text: string; readonly isMeant: boolean }[];
}

export interface PushedImage {
  /** With its tag, or without one when it was pushed by digest. */
  readonly name: string;
  readonly digest: string;
  /** Bytes of blobs that were sent in the step; what the registry had is not counted. */
  readonly sent: number;
}
