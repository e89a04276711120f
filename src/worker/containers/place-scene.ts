// What a container sees besides its rootfs where nothing can be mounted: copies, which are made anew at each start.
// What was there before is the container's own copy of the image, and no layer is ever made of it.
import { constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8 } from '../../core/bytes.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { removeTree } from '../../rootfs/remove-tree.js';
import { makeDevices } from '../../sandbox/chroot/chroot-devices.js';
import { writeStaticProc } from '../../sandbox/chroot/static-proc.js';
import { createSubstitutions } from '../../sandbox/chroot/substitutions.js';
import { CHROOT_CAPABILITIES } from '../../sandbox/capabilities.js';
import type { ContainerRun } from './container-run.js';
import type { CopiedMount } from './copy-mounts.js';
import type { ContainerStreams } from './container-streams.js';

/**
 * The outputs are the FIFOs that stand for /dev/stdout and /dev/stderr: what opens those writes to the same.
 * @throws TsbuildError LAYER_UNSAFE
 */
export function placeScene(
  calls: OwnSystemCalls,
  { process, rootfs, directory }: ContainerRun,
  copies: readonly CopiedMount[],
): ContainerStreams {
  const [scratch, aside] = ['scratch', 'aside'].map((name) =>
    emptied(calls, join(directory, 'rootfs', name)),
  );
  const scene = createSubstitutions(calls, rootfs.target, aside!);
  const at = (name: string): string => {
    const path = join(scratch!, name);
    mkdirSync(path, { mode: 0o755 });
    return path;
  };
  const put = (target: string, path: string, isLinkRefused = true): void =>
    scene.put({ target, source: fromUtf8(path), isLasting: true, isLinkRefused });
  const proc = at('proc');
  writeStaticProc(proc, { ...process, capabilities: capabilitiesOf(process.capabilities) });
  put('/proc', proc);
  put('/sys', at('sys'));
  const dev = at('dev');
  const fifos = makeDevices(calls, dev, process);
  const [output, error] = fifos.map(openFifo) as [Ends, Ends];
  put('/dev', dev, false);
  for (const { path, target } of copies) scene.put({ target, source: fromUtf8(path), isLasting: true });
  if (process.terminal) {
    for (const { reader, writer } of [output, error]) [reader, writer].forEach((fd) => calls.close(fd));
    return { monitor: {}, container: [], close() {} };
  }
  const input = process.hasInput ? calls.pipe() : undefined;
  const container = [output.writer, error.writer, ...(input ? [input.readEnd] : [])];
  const monitor = {
    output: output.reader,
    error: error.reader,
    ...(input && { input: input.writeEnd }),
  };
  return {
    monitor,
    container,
    close: () => [...container, ...Object.values(monitor)].forEach((fd) => calls.close(fd)),
  };
}

function capabilitiesOf(digits: string): bigint {
  return CHROOT_CAPABILITIES & BigInt(`0x${digits}`);
}

function emptied(calls: OwnSystemCalls, path: string): string {
  removeTree(calls, path);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

interface Ends {
  readonly reader: number;
  readonly writer: number;
}

/** The reader stays without O_NONBLOCK for the writer, whose open file it is not. */
function openFifo(path: string): Ends {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}
