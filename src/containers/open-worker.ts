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
  const rung = host.isolation;
  const ids = host.userns;
  const place =
    rung === 'chroot'
      ? { rung, namespace: () => 'new' as const, ground: { ids } }
      : { rung, namespace: () => findNamespace(paths, rung), ground: { ids, anchor: paths.anchors[rung] } };
  return openContainerWorker({
    ...place,
    paths: store.paths,
    signal,
  });
}
