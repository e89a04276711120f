// What worker and launcher say to each other over a socket pair: frames of a 32-bit little-endian length and JSON, in which bytes are
// base64. Not a structured clone: node:v8 is a fifth of a launcher's start.
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
  /** How the rootfs becomes the root; `pivot` with all its mounts by default. */
  readonly entry?: 'pivot' | 'chroot';
  /**
   * The namespace has one id: owners are recorded (rootfs/owner-record.ts), and what the command asks about ids is answered by a
   * supervisor, to whom the launcher gives the notifications of its filter.
   */
  readonly isSupervised?: boolean;
  /** Encoded seccomp filter; absent for --security=insecure without a supervisor. */
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
  /** After `ready`: the descriptor of the filter's notifications. The launcher then waits for `supervised`. */
  | { readonly kind: 'supervise'; readonly listener: number }
  | FailureMessage;

export type ToLauncher =
  | { readonly kind: 'mapped' }
  | { readonly kind: 'launch'; readonly order: LaunchOrder }
  | { readonly kind: 'supervised' };

const LENGTH_BYTES = 4;

export function encodeFrame<Message extends object = FromLauncher | ToLauncher>(message: Message): Buffer {
  const body = JSON.stringify(message, bytesAsText);
  const length = Buffer.byteLength(body);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  frame.writeUInt32LE(length);
  frame.write(body, LENGTH_BYTES);
  return frame;
}

/** Collects chunks and hands out whole messages. */
export function frameDecoder<Message>(onMessage: (message: Message) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= LENGTH_BYTES && pending.length >= LENGTH_BYTES + pending.readUInt32LE()) {
      const end = LENGTH_BYTES + pending.readUInt32LE();
      const message = JSON.parse(pending.toString('utf8', LENGTH_BYTES, end), textAsBytes) as Message;
      pending = pending.subarray(end);
      onMessage(message);
    }
  };
}

/** Buffers come here as what their toJSON gives; `this` has them as they are. */
function bytesAsText(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const original = this[key];
  if (!(original instanceof Uint8Array)) return value;
  const bytes = Buffer.from(original.buffer, original.byteOffset, original.byteLength);
  return { base64: bytes.toString('base64') };
}

function textAsBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('base64' in value)) return value;
  return Buffer.from(String(value.base64), 'base64');
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
