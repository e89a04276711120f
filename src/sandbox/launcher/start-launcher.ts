// Starts launchers (x64.s). Each is a child of the worker, in a pid namespace of its own where the kernel gives one.
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import type { Ownership } from '../../rootfs/ownership.js';
import { idMapText } from '../../host/id-range.js';
import { executableFile } from '../executable-file.js';
import { launcherBinding, sendToLauncher, type LauncherChannel } from './launcher-binding.js';
import { launcherProgram } from './launcher-code.js';
import { systemCalls, type OwnSystemCalls, type SystemCalls } from '../../host/syscalls/system-calls.js';
import { systemCallError } from '../../host/syscalls/binding.js';
import { CLONE_NEWPID, CLONE_NEWUSER, CLONE_PARENT } from '../../host/syscalls/process-calls.js';

export interface Launcher {
  /** In this process's pid namespace. It must be reaped. */
  readonly pid: number;
  /** What it does, it does in its own namespaces. */
  readonly calls: SystemCalls;
  /** Sends what has no answer (watch-message.ts, make-message.ts, sandbox/monitor). */
  tell(message: Uint8Array): void;
  /**
   * Sends what makes it fork (make-message.ts, sandbox/monitor/init-message.ts).
   * @returns the child's id; it must be reaped
   * @throws TsbuildError SANDBOX_FAILED
   */
  order(message: Uint8Array): number;
  /**
   * The calls that `work` makes, whose results it must not use, as a message that lies `offset` bytes behind the
   * beginning of another one. None is made now.
   */
  record(work: (calls: SystemCalls) => void, offset: number): Buffer;
  /** Bytes in its memory, until it ends or executes a program. @returns their address there */
  place(bytes: Uint8Array): bigint;
  /** Without an order it then ends. Idempotent. */
  close(): void;
}

export interface LauncherStarter {
  /**
   * Descriptor n of the launcher is `descriptors[n - FIRST_OWN]`. `isBeside`: in the pid namespace of this process.
   * @throws TsbuildError SANDBOX_FAILED
   */
  start(descriptors: readonly number[], options?: { readonly isBeside?: boolean }): Launcher;
}

/** The descriptors of a launcher below are its standard ones and its channel. */
export const FIRST_OWN = 4;

/** This process's standard input is /dev/null. */
const STANDARD = [0, 0, 0];
export const SIGCHLD = 17;
export const NO_NAMESPACE = -1;

export interface StarterOptions {
  /** Of the user namespace that launchers enter; absent: they stay in that of this process. */
  readonly ownership?: Pick<Ownership, 'map'>;
  /** Descriptor of a user namespace below that of this process, which launchers enter. */
  readonly namespace?: number;
  /** Of this process's own, for the program where files in memory cannot be executed. */
  readonly directory: string;
}

/** @throws TsbuildError SANDBOX_FAILED */
export function launcherStarter(
  calls: OwnSystemCalls,
  { ownership, namespace: joined, directory }: StarterOptions,
): LauncherStarter {
  const program = writeProgram(calls, directory);
  if (joined !== undefined)
    return { start: (descriptors) => start(calls, program, { descriptors, flags: 0, namespace: joined }) };
  if (!ownership) return { start: (descriptors) => start(calls, program, { descriptors, flags: 0 }) };
  const launcher = start(calls, program, { descriptors: [], flags: CLONE_NEWUSER });
  const namespace = mapNamespace(launcher, ownership, calls);
  return {
    start: (descriptors, { isBeside = false } = {}) =>
      start(calls, program, { descriptors, flags: isBeside ? 0 : CLONE_NEWPID, namespace }),
  };
}

/** A descriptor of the program's file. */
function writeProgram(calls: OwnSystemCalls, directory: string): number {
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    throw new TsbuildError(
      'SANDBOX_FAILED',
      `the sandbox is supported on x64 and arm64, this is ${process.arch}`,
    );
  return executableFile(calls, launcherProgram(process.arch), { name: 'launcher', directory });
}

/**
 * Gives its ids to the user namespace that the launcher was made with, and ends the launcher. A command never is root
 * of the host. With subordinate ids it never is the invoking user either.
 * @param parent the process whose child it is
 * @returns a descriptor of the namespace
 */
export function mapNamespace(
  launcher: Launcher,
  { map, groupMap = map }: Pick<Ownership, 'map' | 'groupMap'>,
  parent: Pick<SystemCalls, 'reap'>,
): number {
  try {
    writeFileSync(`/proc/${launcher.pid}/uid_map`, idMapText(map));
    writeFileSync(`/proc/${launcher.pid}/gid_map`, idMapText(groupMap));
    return openSync(`/proc/${launcher.pid}/ns/user`, 'r');
  } finally {
    launcher.close();
    parent.reap(launcher.pid, { isAwaited: true });
  }
}

interface StartOptions {
  readonly descriptors: readonly number[];
  /** Namespaces to be made, as of clone(2). */
  readonly flags: number;
  /** Descriptor of the user namespace to be joined. */
  readonly namespace?: number;
}

function start(
  calls: OwnSystemCalls,
  program: number,
  { descriptors, flags, namespace }: StartOptions,
): Launcher {
  const [own, its] = calls.socketPair();
  try {
    const joined = namespace === undefined ? [] : [namespace];
    // It has standard descriptors, so that no other gets their numbers.
    const parent = calls.spawn(`/proc/self/fd/${program}`, [...STANDARD, its, ...descriptors, ...joined]);
    const channel = makeServant(own, {
      namespace: namespace === undefined ? NO_NAMESPACE : FIRST_OWN + descriptors.length,
      flags: CLONE_PARENT | SIGCHLD | flags,
    });
    calls.reap(parent, { isAwaited: true });
    return launcherOf(channel);
  } catch (error) {
    closeSync(own);
    throw error;
  } finally {
    closeSync(its);
  }
}

interface Servant extends LauncherChannel {
  readonly pid: number;
}

/**
 * Tells a program that was started, or forked, to make the process that serves, which with CLONE_PARENT is its sibling.
 * @param fd this process's end of its channel
 * @throws TsbuildError SANDBOX_FAILED
 */
export function makeServant(
  fd: number,
  { namespace, flags }: { readonly namespace: number; readonly flags: number },
): Servant {
  const order = Buffer.alloc(16);
  order.writeInt32LE(namespace, 0);
  order.writeBigUInt64LE(BigInt(flags), 8);
  writeSync(fd, order);
  return readServant(fd);
}

function readServant(fd: number): Servant {
  const answer = Buffer.alloc(16);
  if (readSync(fd, answer) !== answer.length)
    throw new TsbuildError('SANDBOX_FAILED', 'the launcher of a process ended early');
  const pid = Number(answer.readBigInt64LE(0));
  if (pid < 0)
    throw new TsbuildError('SANDBOX_FAILED', 'the kernel refuses the namespaces of a process', {
      cause: systemCallError('clone', -pid),
    });
  return { fd, pid, base: Number(answer.readBigUInt64LE(8)) };
}

export function launcherOf(servant: Servant): Launcher {
  const binding = launcherBinding(servant);
  const calls = systemCalls(binding);
  let isOpen = true;
  return {
    pid: servant.pid,
    calls,
    tell: (message) => void sendToLauncher(servant, message),
    order(message) {
      sendToLauncher(servant, message);
      return readServant(servant.fd).pid;
    },
    record: (work, offset) => binding.record(() => work(calls), offset),
    place: (bytes) => binding.address(bytes),
    close() {
      if (isOpen) closeSync(servant.fd);
      isOpen = false;
    },
  };
}
