// A mount served by fuse-overlayfs. The mount is made here, by descriptor, and the program gets the open device and
// open directories: it resolves no path, needs no helper with set-id bits, and the mount can be used at once.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { TsbuildError } from '../core/errors.js';
import { lastWords } from '../host/last-words.js';
import { attachAt } from './attach-at.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';
import type { OverlayOptions } from './overlay.js';

export interface FuseDaemon {
  /** When it is gone, and has written everything unless it was killed. */
  readonly exited: Promise<void>;
  kill(): void;
}

const DEVICE = '/dev/fuse';
/** Descriptors of the program: 0-2 are the standard ones, this is the device, directories follow. */
const DEVICE_DESCRIPTOR = 3;
/** Milliseconds until it must serve: it only reads where its directories are. */
const START_LIMIT = 30_000;
/** S_IFDIR in octal, as mount(8) of FUSE wants the type of the root. */
const ROOT_MODE = '40000';

/** @throws TsbuildError SANDBOX_NO_OVERLAY */
export async function mountFuseOverlay(
  calls: SystemCalls,
  program: string,
  options: OverlayOptions,
): Promise<FuseDaemon> {
  return untilServing(calls, attachAndStart(calls, program, options), options.target);
}

function attachAndStart(calls: SystemCalls, program: string, options: OverlayOptions): Started {
  const device = openDevice();
  try {
    attach(calls, device, options.target);
    try {
      return start(program, device, options);
    } catch (error) {
      calls.detach(options.target);
      throw error;
    }
  } finally {
    // Only the program may hold it, so that its death is seen by whoever uses the mount.
    closeSync(device);
  }
}

function openDevice(): number {
  try {
    return openSync(DEVICE, constants.O_RDWR);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TsbuildError('SANDBOX_NO_OVERLAY', `${DEVICE} cannot be opened for fuse-overlayfs: ${code}`, {
      hint: 'sudo chmod 0666 /dev/fuse; in a container, docker run --device /dev/fuse',
      cause: error,
    });
  }
}

function attach(calls: SystemCalls, device: number, path: string): void {
  const options = [
    ['source', 'fuse-overlayfs'],
    ['subtype', 'fuse-overlayfs'],
    ['fd', String(device)],
    ['rootmode', ROOT_MODE],
    ['user_id', '0'],
    ['group_id', '0'],
    ['default_permissions', true],
    // The user namespace of processes is another one, below the worker's.
    ['allow_other', true],
  ] as const;
  try {
    attachAt(calls, calls.createMount('fuse', options, 0), path);
  } catch (error) {
    if (!isSystemCallError(error)) throw error;
    throw new TsbuildError(
      'SANDBOX_NO_OVERLAY',
      `the kernel refuses a FUSE mount in a user namespace: ${error.message}`,
      { hint: 'use Linux 4.18 or newer', cause: error },
    );
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  complaint(): string;
}

function start(program: string, device: number, { lowers, upper, work }: OverlayOptions): Started {
  const directories: number[] = [];
  // Descriptors keep the option text short, and free of characters that would have to be escaped.
  const inherited = (path: string): string => {
    directories.push(openSync(path, O_RDONLY | O_DIRECTORY));
    return `/proc/self/fd/${DEVICE_DESCRIPTOR + directories.length}`;
  };
  try {
    const places = [
      `lowerdir=${lowers.map(inherited).join(':')}`,
      ...(upper === undefined ? [] : [`upperdir=${inherited(upper)}`]),
      ...(work === undefined ? [] : [`workdir=${inherited(work)}`]),
    ];
    const child = spawn(program, ['-f', '-o', places.join(','), `/dev/fd/${DEVICE_DESCRIPTOR}`], {
      stdio: ['ignore', 'ignore', 'pipe', device, ...directories],
      env: {},
    });
    return follow(child);
  } finally {
    directories.forEach((fd) => closeSync(fd));
  }
}

function follow(child: ChildProcess): Started {
  const complaint = lastWords(child.stderr);
  let startError = '';
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      startError = error.message;
      resolve();
    });
  });
  return { child, exited, complaint: () => startError || complaint() };
}

async function untilServing(calls: SystemCalls, daemon: Started, target: string): Promise<FuseDaemon> {
  const kill = (): void => void daemon.child.kill('SIGKILL');
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    kill();
  }, START_LIMIT);
  try {
    // The first question is answered when the program has read its directories, or is gone.
    await stat(target);
    return { exited: daemon.exited, kill };
  } catch (cause) {
    kill();
    calls.detach(target);
    await daemon.exited;
    const what = isLate ? `gave no answer within ${START_LIMIT / 1000} seconds` : 'ended';
    throw new TsbuildError('SANDBOX_NO_OVERLAY', `fuse-overlayfs ${what}: ${daemon.complaint()}`, {
      hint: 'use fuse-overlayfs 1.0 or newer with libfuse 3.3 or newer',
      cause,
    });
  } finally {
    clearTimeout(limit);
  }
}
