// The files of a user network that change while it is used: who is on it, and who holds its bridge. All of them change
// under its lock. What they say counts only while the processes that they name live, so nothing has to be mended after
// a crash or a restart of the machine.
import { closeSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive, type KnownProcess } from '../../../host/known-process.js';
import { LOCK_EX, waitForLock } from '../../../host/flock.js';
import type { SystemCalls } from '../../../host/syscalls/system-calls.js';

/** Absolute paths in a folder that exists. */
export interface NetworkFiles {
  readonly lock: string;
  readonly members: string;
  readonly holder: string;
}

/** A container on the network. */
export interface NetworkMember {
  readonly containerId: string;
  readonly endpointId: string;
  /** By which it is found: its name, then aliases, and so on. */
  readonly names: readonly string[];
  readonly address: string;
  readonly prefixLength: number;
  readonly macAddress: string;
  /** Its /etc/hosts, absolute. */
  readonly hostsFile: string;
  /** PID 1 of the container; before that runs, the process that starts it. */
  readonly process: KnownProcess;
  /** Absent before it is connected. */
  readonly interfaceName?: string;
}

/** Descriptor of the lock. It is held until it is closed. @throws TsbuildError ABORTED */
function lockNetwork(
  calls: Pick<SystemCalls, 'flock'>,
  files: NetworkFiles,
  signal: AbortSignal,
): Promise<number> {
  return waitForLock(calls as SystemCalls, files.lock, LOCK_EX, signal);
}

/** @throws TsbuildError ABORTED, and what `work` throws */
export async function underLock<T>(
  calls: Pick<SystemCalls, 'flock'>,
  files: NetworkFiles,
  signal: AbortSignal,
  work: () => T,
): Promise<T> {
  const fd = await lockNetwork(calls, files, signal);
  try {
    return work();
  } finally {
    closeSync(fd);
  }
}

/** Those whose process lives. */
export function readMembers(files: NetworkFiles): NetworkMember[] {
  return allMembers(files).filter(({ process }) => isAlive(process));
}

/** With those that were not taken off when they ended. */
export function allMembers(files: NetworkFiles): NetworkMember[] {
  return (readJson(files.members) as NetworkMember[] | undefined) ?? [];
}

export function writeMembers(files: NetworkFiles, members: readonly NetworkMember[]): void {
  writeJson(files.members, members);
}

/** Undefined when none lives. */
export function readHolder(files: NetworkFiles): KnownProcess | undefined {
  const holder = readJson(files.holder) as KnownProcess | undefined;
  return holder && isAlive(holder) ? holder : undefined;
}

export function writeHolder(files: NetworkFiles, holder: KnownProcess | undefined): void {
  if (holder) writeJson(files.holder, holder);
  else rmSync(files.holder, { force: true });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The lock is held: nobody else has a temporary file of this name. */
function writeJson(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
