// What follows when the body of a blob was sent: the ladder from one PUT over one PATCH to chunks, and how often a
// broken upload is begun anew. Pure.
import { isTaken } from './answer.js';
import { isTransientStatus } from '../retry.js';
import type { HostRules } from './host-rules.js';

/** How the bytes of a blob travel. */
export type Shape =
  { readonly kind: 'put' } | { readonly kind: 'patch' } | { readonly kind: 'chunks'; readonly bytes: number };

/** One way through an upload session, and what went before it. */
export interface Trial {
  readonly shape: Shape;
  /** Uploads of this blob that broke. */
  readonly failures: number;
}

export type BodyOutcome =
  | { readonly kind: 'answer'; readonly status: number; readonly codes: readonly string[] }
  /** The connection broke, or the registry has another length than was sent. */
  | { readonly kind: 'broken'; readonly isSilence: boolean };

export type NextStep =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'again';
      readonly trial: Trial;
      readonly isPause: boolean;
      /** The registry had too much at once. */
      readonly isCrowded: boolean;
    }
  | { readonly kind: 'refused' };

export interface BlobLimits extends Pick<HostRules, 'maxChunkBytes'> {
  readonly size: number;
}

/** So often may bodies of a blob break, the last one included. */
const MAX_FAILURES = 4;
/** A registry that swallows a body and says nothing is waited for twice. */
const SILENCE = 2;
/** Below the limit of the proxies that have one (100 MB). */
const LARGE_CHUNK = 48 << 20;
/** Smaller ones are of no use: no proxy allows less. */
const SMALLEST_CHUNK = 16 << 10;
const CHUNK_DIVISOR = 4;

/** What registries answer to a PUT with a body that they do not take. */
const WRONG_SHAPE = new Set([404, 405, 413, 416, 501]);

function again({ failures }: Trial, shape: Shape): NextStep {
  return { kind: 'again', trial: { shape, failures }, isPause: false, isCrowded: false };
}

function anew({ shape, failures: before }: Trial, isCrowded: boolean, weight = 1): NextStep {
  const failures = before + weight;
  if (failures >= MAX_FAILURES) return { kind: 'refused' };
  return { kind: 'again', trial: { shape, failures }, isPause: true, isCrowded };
}

/** A smaller chunk than what was too long. */
function inChunks(trial: Trial, { size, maxChunkBytes }: BlobLimits): NextStep {
  const tooLong = trial.shape.kind === 'chunks' ? trial.shape.bytes : size;
  const bytes = Math.min(LARGE_CHUNK, maxChunkBytes, Math.floor(tooLong / CHUNK_DIVISOR));
  return bytes < SMALLEST_CHUNK ? { kind: 'refused' } : again(trial, { kind: 'chunks', bytes });
}

/** The shape of the first trial; `chunkBytes` is what the user asked for. */
export function firstShape({ size, maxChunkBytes }: BlobLimits, chunkBytes: number | undefined): Shape {
  const bytes = Math.min(chunkBytes ?? Infinity, maxChunkBytes);
  return chunkBytes === undefined || bytes === 0 || bytes >= size
    ? { kind: 'put' }
    : { kind: 'chunks', bytes };
}

export function nextStep(trial: Trial, outcome: BodyOutcome, limits: BlobLimits): NextStep {
  if (outcome.kind === 'broken') return anew(trial, false, outcome.isSilence ? SILENCE : 1);
  const { status, codes } = outcome;
  if (isTaken({ status })) return { kind: 'done' };
  if (status === 413 && trial.shape.kind !== 'put') return inChunks(trial, limits);
  if (WRONG_SHAPE.has(status) && trial.shape.kind === 'put') return again(trial, { kind: 'patch' });
  // Nexus answers this now and then while several uploads run (sonatype/nexus-public#967).
  const isCrowded = status === 429 || (status === 400 && codes.includes('BLOB_UPLOAD_INVALID'));
  // 401: the token ended while the body was on its way, and the session with it.
  const isLost = status === 401 || status === 404 || status === 416;
  return isCrowded || isLost || isTransientStatus(status) ? anew(trial, isCrowded) : { kind: 'refused' };
}
