// What worker and launcher say to each other over a socket pair: frames of a 32-bit little-endian length and a structured clone.
import { deserialize, serialize } from 'node:v8';
import { TsbuildError, type ErrorCode } from '../../core/errors.js';
import type { PlannedMount } from './mount-plan.js';
import type { Stub } from './path-in-root.js';
import type { StepSpec } from './sandbox.js';

/** One command and everything the launcher needs to become it. */
export interface LaunchOrder extends Pick<
  StepSpec,
  'argv' | 'env' | 'cwd' | 'uid' | 'gid' | 'groups' | 'hostname' | 'network' | 'isInsecure' | 'ulimits'
> {
  /** The mounted rootfs and an empty directory, as paths in the worker's mount namespace. */
  readonly rootfs: string;
  readonly scratch: string;
  readonly mounts: readonly PlannedMount[];
  /** Encoded seccomp filter; absent for --security=insecure. */
  readonly filter?: Uint8Array;
}

export interface FailureMessage {
  readonly kind: 'failure';
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly exitCode?: number | undefined;
}

export type FromLauncher =
  /** First of all; `pid` in the worker's pid namespace. The launcher then waits for its id maps. */
  | { readonly kind: 'hello'; readonly pid: number }
  /** Everything stands; execve follows. `stubs`: mount points to be removed after the step. */
  | { readonly kind: 'ready'; readonly stubs: readonly Stub[] }
  | FailureMessage;

export type ToLauncher =
  { readonly kind: 'mapped' } | { readonly kind: 'launch'; readonly order: LaunchOrder };

const LENGTH_BYTES = 4;

export function encodeFrame(message: FromLauncher | ToLauncher): Buffer {
  const body = serialize(message);
  const frame = Buffer.alloc(LENGTH_BYTES + body.length);
  frame.writeUInt32LE(body.length);
  body.copy(frame, LENGTH_BYTES);
  return frame;
}

/** Collects chunks and hands out whole messages. */
export function frameDecoder<Message>(onMessage: (message: Message) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= LENGTH_BYTES && pending.length >= LENGTH_BYTES + pending.readUInt32LE()) {
      const end = LENGTH_BYTES + pending.readUInt32LE();
      const message = deserialize(pending.subarray(LENGTH_BYTES, end)) as Message;
      pending = pending.subarray(end);
      onMessage(message);
    }
  };
}

export function failureOf(error: unknown): FailureMessage {
  if (error instanceof TsbuildError)
    return {
      kind: 'failure',
      code: error.code,
      message: error.message,
      hint: error.hint,
      exitCode: error.exitCode,
    };
  return {
    kind: 'failure',
    code: 'SANDBOX_FAILED',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

export function errorOf(failure: Omit<FailureMessage, 'kind'>): TsbuildError {
  return new TsbuildError(failure.code, failure.message, { hint: failure.hint, exitCode: failure.exitCode });
}
