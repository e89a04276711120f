// Both sides of the standard descriptors of a container: its own, and those that its monitor has.
import { closeSync, fchownSync } from 'node:fs';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { groupOnDisk, type Ownership } from '../../rootfs/ownership.js';
import type { ContainerProcess } from './container-process.js';

/** Descriptors of this process. Absent with a terminal, which is opened later. */
export interface ContainerStreams {
  readonly monitor: { readonly output?: number; readonly error?: number; readonly input?: number };
  /** Of the container: outputs, then the input. */
  readonly container: readonly number[];
  close(): void;
}

export function openContainerStreams(
  calls: OwnSystemCalls,
  ownership: Ownership,
  { terminal, hasInput }: Pick<ContainerProcess, 'terminal' | 'hasInput'>,
): ContainerStreams {
  if (terminal) return { monitor: {}, container: [], close() {} };
  const [output, error] = [calls.pipe(), calls.pipe()];
  const input = hasInput ? calls.pipe() : undefined;
  const container = [output.writeEnd, error.writeEnd, ...(input ? [input.readEnd] : [])];
  // Opening /dev/stdout opens the pipe again.
  for (const fd of container) fchownSync(fd, ownership.idOnDisk(0), groupOnDisk(ownership, 0));
  const monitor = {
    output: output.readEnd,
    error: error.readEnd,
    ...(input && { input: input.writeEnd }),
  };
  return {
    monitor,
    container,
    close: () => [...container, ...Object.values(monitor)].forEach((fd) => closeSync(fd)),
  };
}
