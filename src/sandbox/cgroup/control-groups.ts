// The control group of one command. It is made, with its limits, before the command starts, and removed after it.
import { readFileSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { LimitFile } from './limit-files.js';

/** Plain data: what the front found for the worker. */
export interface ControlGroups {
  /** Directory of the group whose children have the controllers. */
  readonly parent: string;
  /** Begins the names of the groups of this build. */
  readonly prefix: string;
  readonly files: readonly LimitFile[];
}

export interface ControlGroup {
  /** Moves a process, whose children will be in it too. @throws TsbuildError SANDBOX_NO_CGROUP */
  add(pid: number): void;
  /** Whether the kernel killed something in it for want of memory. */
  isOutOfMemory(): boolean;
  /** When nothing runs in it any more. */
  remove(): void;
}

/** @throws TsbuildError OPTION_INVALID when the kernel refuses a limit */
export function createControlGroup({ parent, prefix, files }: ControlGroups, name: string): ControlGroup {
  const directory = join(parent, `${prefix}${name}`);
  mkdirSync(directory);
  try {
    for (const file of files) writeLimit(directory, file);
  } catch (error) {
    rmdirSync(directory);
    throw error;
  }
  return {
    add: (pid) => addTo(directory, pid),
    isOutOfMemory: () => killsIn(directory) > 0,
    remove: () => rmdirSync(directory),
  };
}

function addTo(directory: string, pid: number): void {
  try {
    writeFileSync(join(directory, 'cgroup.procs'), String(pid), { flag: 'r+' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TsbuildError(
      'SANDBOX_NO_CGROUP',
      `cannot put a process into the control group ${directory}: ${code}`,
      {
        hint: 'let systemd delegate the group of tsbuild: systemd-run --user --scope -p Delegate=yes tsbuild …',
        cause,
      },
    );
  }
}

function writeLimit(directory: string, { name, value, option, isOptional }: LimitFile): void {
  try {
    writeFileSync(join(directory, name), value, { flag: 'r+' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (isOptional && code === 'ENOENT') return;
    throw new TsbuildError(
      'OPTION_INVALID',
      `--resource ${option}: the kernel refuses ${value} for ${name}: ${code}`,
      {
        cause,
      },
    );
  }
}

function killsIn(directory: string): number {
  try {
    const events = readFileSync(join(directory, 'memory.events'), 'utf8');
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
  } catch (error) {
    // Without the controller of memory nothing is counted.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/**
 * Kills so far in the control group of this process and below; 0 where there is no such counter (cgroup-v2.rst,
 * memory.events).
 */
export function outOfMemoryKills(): number {
  const group = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  return group === undefined ? 0 : killsIn(`/sys/fs/cgroup${group}`);
}
