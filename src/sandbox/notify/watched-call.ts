// What a supervisor knows of one step, and one call of it that waits for an answer.
import { readFileSync } from 'node:fs';
import type { ByteString } from '../../core/bytes.js';
import type { NotifyCalls } from '../../host/syscalls/notify-calls.js';
import { parseIdMap } from '../../host/id-range.js';
import type { CredentialTable } from './credential-table.js';

/** A step some of whose calls are answered. */
export interface WatchedStep {
  readonly calls: NotifyCalls;
  readonly listener: number;
  /** O_PATH descriptor of the step's root directory. */
  readonly root: number;
  /** Whether a process of the step may have another root directory. */
  mayHaveOtherRoots: boolean;
}

/** One that also is told which ids it has. */
export interface SupervisedStep extends WatchedStep {
  readonly credentials: CredentialTable;
}

export interface WatchedCall<Step extends WatchedStep = WatchedStep> {
  readonly step: Step;
  /** The thread that called, in the supervisor's pid namespace. */
  readonly pid: number;
  /** Of the notification. */
  readonly id: bigint;
  readonly args: readonly bigint[];
}

export type TrappedCall = WatchedCall<SupervisedStep>;

/** The call's result or negative errno; `continue`: the kernel executes the call as it stands. */
export type Answer = number | 'continue';

export type Handler = (call: TrappedCall) => Answer;

/** Argument `i` as a C int. */
export function intOf({ args }: WatchedCall, i: number): number {
  return Number(BigInt.asIntN(32, args[i] ?? 0n));
}

/** Argument `i` as a C unsigned int. */
export function unsignedOf({ args }: WatchedCall, i: number): number {
  return Number(BigInt.asUintN(32, args[i] ?? 0n));
}

export function addressOf({ args }: WatchedCall, i: number): bigint {
  return args[i] ?? 0n;
}

/** Whether the process still waits: what was read from it was its own, and not of another one with its number. */
export function isWaiting({ step, id }: WatchedCall): boolean {
  return step.calls.isValid(step.listener, id);
}

export interface DeviceMakers {
  /** What a process must have of capabilities to make a device, as bits. */
  readonly capabilities: bigint;
  /** Text of the link that names the user namespace of the step: root of another one has no say here. */
  readonly userNamespace: ByteString;
}

/** A step whose kernel refuses devices, and which is to believe that it has some (rungs `userns` and `chroot`). */
export interface DeviceStep extends WatchedStep {
  readonly makers: DeviceMakers;
  /** From ids as this process sees them to those of the step. */
  readonly idsOfStep: { readonly user: IdMap; readonly group: IdMap };
}

export type DeviceCall = WatchedCall<DeviceStep>;
export type DeviceHandler = (call: DeviceCall) => Answer;
export type IdMap = (id: number) => number;

/** What the kernel shows of an id that a namespace does not have. */
const OVERFLOW_ID = 65534;

/**
 * Of process `pid` of the step.
 * @param file `uid_map` or `gid_map` (user_namespaces(7)), seen from this process's namespace
 */
export function readIdMap(pid: number, file: 'uid_map' | 'gid_map'): IdMap {
  const ranges = parseIdMap(readFileSync(`/proc/${pid}/${file}`, 'latin1'));
  return (id) => {
    for (const { inside, outside, count } of ranges)
      if (id >= outside && id - outside < count) return inside + (id - outside);
    return OVERFLOW_ID;
  };
}
