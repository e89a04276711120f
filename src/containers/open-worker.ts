// A worker in the user namespace of all containers, for one container.
import { openContainerWorker, type ContainerWorker } from '../worker/front/container-worker.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { findNamespace } from './find-namespace.js';

/** @throws TsbuildError SANDBOX_* | ABORTED */
export function openWorkerFor(
  { paths, store, signal }: ContainerHost,
  { host }: Pick<ContainerRecord, 'host'>,
): Promise<ContainerWorker> {
  return openContainerWorker({
    namespace: () => findNamespace(paths),
    ground: { ids: host.userns, anchor: paths.anchor, anchorLock: paths.anchorLock },
    paths: store.paths,
    signal,
  });
}
