// A further command in a container without namespaces: it gets the root directory of the container, and is bound to it
// as the container is. What it leaves running ends with the container.
import type { OwnSystemCalls, SystemCalls } from '../host/syscalls/system-calls.js';
import { launchInChroot } from '../sandbox/chroot/launch-chroot.js';
import { confinementOf } from '../sandbox/confinement.js';
import type { LaunchOrder } from '../sandbox/launch-order.js';
import type { Standard } from '../sandbox/standard-descriptors.js';
import { chrootOrder } from '../worker/containers/chroot-order.js';

/** @throws TsbuildError SANDBOX_* | STEP_NOT_FOUND | LAYER_UNSAFE */
export async function becomeInRoot(its: SystemCalls, order: LaunchOrder, standard: Standard): Promise<void> {
  await launchInChroot(its, order, {
    standard,
    onReady: async () => undefined,
    supervise: async () => undefined,
  });
}

/** @param asked what the command is to become, as in a container with namespaces */
export function orderInRoot(
  calls: Pick<OwnSystemCalls, 'landlockVersion'>,
  asked: LaunchOrder,
  rootfs: string,
): LaunchOrder {
  const { container } = asked;
  return chrootOrder(
    {
      ...asked,
      hasInput: asked.stdin === 'stream',
      capabilities: (container?.capabilities ?? 0n).toString(16),
      hasNoNewPrivileges: container?.hasNoNewPrivileges ?? false,
    },
    {
      rootfs,
      confinement: confinementOf(calls.landlockVersion()),
      outlivesParent: container?.outlivesParent ?? false,
    },
  );
}
