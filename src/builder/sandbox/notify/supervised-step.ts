// What a supervisor knows of one step, and one call of it that waits for an answer.
import type { NotifyCalls } from '../syscalls/notify-calls.js';
import type { CredentialTable } from './credential-table.js';

export interface SupervisedStep {
  readonly calls: NotifyCalls;
  readonly listener: number;
  /** O_PATH descriptor of the step's root directory. */
  readonly root: number;
  readonly credentials: CredentialTable;
  /** Whether a process of the step may have another root directory. */
  mayHaveOtherRoots: boolean;
}

export interface TrappedCall {
  readonly step: SupervisedStep;
  /** The thread that called, in the supervisor's pid namespace. */
  readonly pid: number;
  /** Of the notification. */
  readonly id: bigint;
  readonly args: readonly bigint[];
}

/** The call's result or negative errno; `continue`: the kernel executes the call as it stands. */
export type Answer = number | 'continue';

export type Handler = (call: TrappedCall) => Answer;

/** Argument `i` as a C int. */
export function intOf({ args }: TrappedCall, i: number): number {
  return Number(BigInt.asIntN(32, args[i] ?? 0n));
}

/** Argument `i` as a C unsigned int. */
export function unsignedOf({ args }: TrappedCall, i: number): number {
  return Number(BigInt.asUintN(32, args[i] ?? 0n));
}

export function addressOf({ args }: TrappedCall, i: number): bigint {
  return args[i] ?? 0n;
}

/** Whether the process still waits: what was read from it was its own, and not of another one with its number. */
export function isWaiting({ step, id }: TrappedCall): boolean {
  return step.calls.isValid(step.listener, id);
}
