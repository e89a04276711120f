// A further command in a container with one id: a supervisor of its own answers for its ids, and ends with the last of
// its processes. It lives where the supervisor of the container does: in the user namespace of all containers.
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { becomeSupervised } from '../sandbox/launch.js';
import type { LaunchOrder } from '../sandbox/launch-order.js';
import { startSupervisor, type Supervisor } from '../sandbox/launcher/supervisor-process.js';
import { superviseMessage } from '../worker/containers/launch-container.js';
import { joining } from '../worker/front/container-rung.js';
import { defaultEntryPoints } from '../worker/front/entry-points.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { findNamespace } from './find-namespace.js';
import { heldMounts } from './held-mounts.js';

interface Becoming {
  readonly order: LaunchOrder;
  readonly record: ContainerRecord;
  /** Of the launcher that becomes the command, as this process numbers it. */
  readonly pid: number;
}

/** @throws TsbuildError SANDBOX_* */
export async function becomeSupervisedIn(
  host: ContainerHost,
  its: SystemCalls,
  { order, record, pid }: Becoming,
): Promise<void> {
  const supervisor = startBeside(host);
  const { uid, gid, groups, container } = order;
  const supervised = {
    uid,
    gid,
    groups,
    capabilities: (container?.capabilities ?? 0n).toString(16),
    hasNoNewPrivileges: container?.hasNoNewPrivileges ?? false,
    mounts: heldMounts(record, host.paths, host.paths.of(record.id)),
  };
  try {
    await becomeSupervised(its, order, {
      supervise: (listener) => supervisor.supervise(superviseMessage(supervised, pid, listener)),
    });
  } finally {
    supervisor.release();
  }
}

function startBeside({ paths }: ContainerHost): Supervisor {
  const namespace = findNamespace(paths, 'userns-single');
  const prefix = typeof namespace === 'object' ? joining(namespace.pid) : [];
  return startSupervisor(defaultEntryPoints().supervisor, { isLasting: true, prefix });
}
