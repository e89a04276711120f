// Makes a launcher the command of a step on the rung `chroot`: the rootfs stands ready (worker/chroot-stage.ts), what is left is to enter
// it and to give up what a step must not have.
//
// Without CAP_SYS_ADMIN, as in a container with default settings, the kernel takes a seccomp filter only from a process with no_new_privs.
// Then programs with set-user-id bits, sudo above all, give a step of an ordinary user nothing.
import { readFileSync } from 'node:fs';
import { fromUtf8 } from '../../core/bytes.js';
import { CHROOT_CAPABILITIES } from './capabilities.js';
import { becomeCommand } from './command.js';
import { dropBoundingSet } from './drop-bounding-set.js';
import { forgetKeyring, setLimits, workingDirectory, type LaunchChannel } from './launch.js';
import type { LaunchOrder } from './launch-order.js';
import type { SystemCalls } from './syscalls.js';
import { isSystemCallError } from './syscalls/binding.js';
import { AT_FDCWD } from './syscalls/file-calls.js';
import { O_DIRECTORY, O_PATH, O_RDONLY } from './syscalls/open-flags.js';

/** @throws TsbuildError, SystemCallError */
export async function launchInChroot(
  calls: SystemCalls,
  order: LaunchOrder,
  { onReady, outputs }: LaunchChannel,
): Promise<void> {
  const capabilities = CHROOT_CAPABILITIES & ownCapabilities();
  const standardInput = calls.openat(AT_FDCWD, fromUtf8('/dev/null'), O_RDONLY);
  calls.dieWithParent();
  // Its children stay findable: by the time this process has ended, they are children of the worker.
  calls.adoptOrphans();
  calls.umask(0o022);
  calls.fchdir(calls.openat(AT_FDCWD, fromUtf8(order.rootfs), O_PATH | O_DIRECTORY));
  calls.chrootToCurrentDirectory();
  calls.dup(standardInput, 0);
  calls.fchdir(workingDirectory(calls, order));
  setLimits(calls, order);
  calls.startSession();
  outputs.forEach((own, i) => {
    calls.fchown(own, order.uid, order.gid);
    calls.dup(own, i + 1);
  });
  await onReady([]);
  becomeUser(calls, order, capabilities);
  calls.resetSignals();
  calls.keepOnlyStandardDescriptors();
  becomeCommand(calls, order.argv, order.env);
}

/** Of the worker, which its launchers have too. */
function ownCapabilities(): bigint {
  const permitted = /^CapPrm:\t([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return BigInt(`0x${permitted ?? '0'}`);
}

/** The order matters: each line takes away something that the lines above needed. */
function becomeUser(calls: SystemCalls, order: LaunchOrder, capabilities: bigint): void {
  forgetKeyring(calls);
  dropBoundingSet(calls, capabilities);
  if (order.filter) installFilter(calls, order.filter);
  calls.clearAmbient();
  calls.setGroups(order.groups);
  calls.setIds(order);
  calls.setCapabilities(order.uid === 0 ? capabilities : 0n);
  calls.dieWithParent();
}

function installFilter(calls: SystemCalls, filter: Uint8Array): void {
  try {
    calls.installSeccompFilter(filter);
  } catch (error) {
    if (!isSystemCallError(error, 'EACCES', 'EPERM')) throw error;
    calls.forbidNewPrivileges();
    calls.installSeccompFilter(filter);
  }
}
