// Makes a launcher the command on the rung `chroot`. The rootfs is ready (substituting-placer.ts). The launcher enters
// it and gives up what a command must not have.
//
// chroot(2) alone is no border: a process with another root can hand over a descriptor that leads out. So Landlock
// binds the command to its root, and keeps it from sockets and processes of others. There are two domains, one in the
// other. The ender, which kills the command, is in the outer one only: it can signal the command, and the command
// cannot signal it.
//
// A container with default settings has no CAP_SYS_ADMIN. Then the kernel takes a seccomp filter only from a process
// with no_new_privs, and programs with set-user-id bits, sudo above all, give an ordinary user nothing.
import { readFileSync } from 'node:fs';
import { fromUtf8 } from '../../core/bytes.js';
import { invariant } from '../../core/errors.js';
import { CHROOT_CAPABILITIES } from '../capabilities.js';
import { becomeCommand } from '../command.js';
import { REFER, SCOPES } from '../confinement.js';
import { dropBoundingSet } from '../drop-bounding-set.js';
import {
  forgetKeyring,
  setLimits,
  workingDirectory,
  type KeeperChannel,
  type LaunchChannel,
} from '../launch.js';
import type { LaunchOrder } from '../launch-order.js';
import { trapCalls, type CallTraps } from '../trap-calls.js';
import { openStandard } from '../standard-descriptors.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import type { Ruleset } from '../../host/syscalls/landlock-calls.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../../host/syscalls/open-flags.js';

/** @throws TsbuildError, SystemCallError */
export async function launchInChroot(
  calls: SystemCalls,
  order: LaunchOrder,
  { onReady, standard, traps, keepers }: LaunchChannel,
): Promise<void> {
  const kept = order.container?.capabilities ?? CHROOT_CAPABILITIES;
  const capabilities = CHROOT_CAPABILITIES & ownCapabilities() & kept;
  const descriptors = openStandard(calls, order, standard);
  if (!order.container?.outlivesParent) calls.dieWithParent();
  // So that its children can be found: when this process has ended, they are children of the worker.
  calls.adoptOrphans();
  calls.umask(0o022);
  const root = calls.openat(AT_FDCWD, fromUtf8(order.rootfs), O_PATH | O_DIRECTORY);
  if (keepers) makeKeepers(calls, root, order, keepers);
  calls.fchdir(root);
  calls.chrootToCurrentDirectory();
  calls.fchdir(workingDirectory(calls, order));
  setLimits(calls, order);
  calls.startSession();
  descriptors.give();
  descriptors.become();
  await onReady([]);
  bindTo(calls, root, order);
  await becomeUser(calls, order, capabilities, traps);
  calls.resetSignals();
  calls.keepOnlyStandardDescriptors();
  becomeCommand(calls, order.argv, order.env);
}

/** For kill(2). */
const EVERYTHING = -1;

function makeKeepers(
  calls: SystemCalls,
  root: number,
  order: LaunchOrder,
  { leash, pid, onMade }: KeeperChannel,
): void {
  for (const path of order.secrets ?? [])
    onMade('guard', calls.forkEraser(leash, calls.openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW)));
  // Then there is only its group that it can be told by.
  if (!order.confinement?.isApart) return onMade('guard', calls.forkEnder(leash, -pid));
  // Each domain refuses links into other directories but where it allows them.
  confine(calls, { root, rights: REFER, scopes: SCOPES });
  // It is going to signal everything that it may.
  invariant(calls.isOutOfReach(process.pid), 'a launcher cannot signal the worker');
  onMade('ender', calls.forkEnder(leash, EVERYTHING));
}

/** All rights below its root, none outside. */
function bindTo(calls: SystemCalls, root: number, { confinement }: LaunchOrder): void {
  if (!confinement || confinement.rights === 0n) return;
  confine(calls, { root, rights: confinement.rights, scopes: confinement.isApart ? SCOPES : 0n });
}

function confine(calls: SystemCalls, ruleset: Ruleset): void {
  try {
    calls.confine(ruleset);
  } catch (error) {
    if (!isSystemCallError(error, 'EPERM')) throw error;
    calls.forbidNewPrivileges();
    calls.confine(ruleset);
  }
}

/** Of the worker, which its launchers have too. */
function ownCapabilities(): bigint {
  const permitted = /^CapPrm:\t([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return BigInt(`0x${permitted ?? '0'}`);
}

/** The order matters: each line takes away something that the lines above needed. */
async function becomeUser(
  calls: SystemCalls,
  order: LaunchOrder,
  capabilities: bigint,
  traps: CallTraps | undefined,
): Promise<void> {
  forgetKeyring(calls);
  dropBoundingSet(calls, capabilities);
  if (traps) await withFewerPrivileges(calls, () => trapCalls(calls, traps));
  const { filter } = order;
  if (filter) await withFewerPrivileges(calls, async () => calls.installSeccompFilter(filter));
  calls.clearAmbient();
  calls.setGroups(order.groups);
  calls.setIds(order);
  calls.setCapabilities(order.uid === 0 ? capabilities : 0n);
  if (!order.container?.outlivesParent) calls.dieWithParent();
  if (order.container?.hasNoNewPrivileges) calls.forbidNewPrivileges();
}

async function withFewerPrivileges(calls: SystemCalls, install: () => Promise<void>): Promise<void> {
  try {
    await install();
  } catch (error) {
    if (!isSystemCallError(error, 'EACCES', 'EPERM')) throw error;
    calls.forbidNewPrivileges();
    await install();
  }
}
