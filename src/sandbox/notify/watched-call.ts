// What a supervisor knows of one process, and one call of it that waits for an answer.
import { readFileSync } from 'node:fs';
import type { ByteString } from '../../core/bytes.js';
import type { NotifyCalls } from '../../host/syscalls/notify-calls.js';
import { parseIdMap } from '../../host/id-range.js';
import type { CredentialTable } from './credential-table.js';

/** A command some of whose calls are answered. */
export interface WatchedCommand {
  readonly calls: NotifyCalls;
  readonly listener: number;
  /** O_PATH descriptor of the process's root directory. */
  readonly root: number;
  /** Whether a process of the command may have another root directory. */
  mayHaveOtherRoots: boolean;
}

/** A command that is also told which ids it has. */
export interface SupervisedCommand extends WatchedCommand {
  readonly credentials: CredentialTable;
  /** Set-id bits of files mean nothing. */
  readonly ignoresSetId?: boolean | undefined;
}

export interface WatchedCall<Command extends WatchedCommand = WatchedCommand> {
  readonly command: Command;
  /** The thread that called, in the supervisor's pid namespace. */
  readonly pid: number;
  /** Of the notification. */
  readonly id: bigint;
  readonly args: readonly bigint[];
}

export type TrappedCall = WatchedCall<SupervisedCommand>;

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
export function isWaiting({ command, id }: WatchedCall): boolean {
  return command.calls.isValid(command.listener, id);
}

export interface DeviceMakers {
  /** The capabilities that a process needs to make a device; bit n = capability n. */
  readonly capabilities: bigint;
  /** Text of the link that names the user namespace of the process: root of another one has no say here. */
  readonly userNamespace: ByteString;
}

/** A process whose kernel refuses devices, and which is to believe that it has some (rungs `userns` and `chroot`). */
export interface DeviceCommand extends WatchedCommand {
  readonly makers: DeviceMakers;
  /** From ids as this process sees them to those of the process. */
  readonly idsOfCommand: { readonly user: IdMap; readonly group: IdMap };
}

export type DeviceCall = WatchedCall<DeviceCommand>;
export type DeviceHandler = (call: DeviceCall) => Answer;
export type IdMap = (id: number) => number;

/** What the kernel shows of an id that a namespace does not have. */
const OVERFLOW_ID = 65534;

/**
 * Reads the map of the user namespace of process `pid`.
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
