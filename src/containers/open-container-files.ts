// The files of a container, through a worker that may work on them: of a running one a worker in the user namespace of
// all containers, which alone sees what its processes see.
import { existsSync } from 'node:fs';
import type { ContainerTree, TreeMount } from '../worker/containers/container-files.js';
import type { ContainerFiles } from '../worker/front/files-in-worker.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerMount, ContainerRecord } from './container-record.js';
import { endAnchor } from './end-anchor.js';
import { runningState } from './running-state.js';
import { volumeData } from './volumes/volume-store.js';

/** What a worker has to know of its files. */
function containerTree(host: Pick<ContainerHost, 'paths'>, record: ContainerRecord): ContainerTree {
  const files = host.paths.of(record.id);
  const main = runningState(files)?.main;
  const own = [
    [files.hosts, '/etc/hosts'],
    [files.hostname, '/etc/hostname'],
    [files.resolvConf, '/etc/resolv.conf'],
  ] as const;
  const written = own
    .filter(([source]) => existsSync(source))
    .map(([source, target]) => ({ source, subpath: '', target, isReadonly: false }));
  const asked = record.mounts.flatMap((mount) => treeMount(host, mount) ?? []);
  return {
    directory: files.directory,
    layers: record.image.layers,
    ...(main && { main }),
    mounts: [...written.filter(({ target }) => !asked.some((one) => one.target === target)), ...asked],
    isRootReadonly: record.host.isReadonlyRootfs,
  };
}

/** What is in memory is gone when it does not run. */
function treeMount({ paths }: Pick<ContainerHost, 'paths'>, mount: ContainerMount): TreeMount | undefined {
  if (mount.type === 'tmpfs') return undefined;
  const { target, isReadonly } = mount;
  if (mount.type === 'bind') return { source: mount.source, subpath: '', target, isReadonly };
  return { source: volumeData(paths, mount.name), subpath: mount.subpath, target, isReadonly };
}

/** Lets `work` use a worker for the files of this container. @throws TsbuildError SANDBOX_*, ABORTED, what it throws */
export async function withContainerFiles<T>(
  host: ContainerHost,
  record: ContainerRecord,
  work: (files: ContainerFiles, tree: ContainerTree) => Promise<T>,
): Promise<T> {
  // The worker writes there.
  host.store.temporaries.hold();
  const tree = containerTree(host, record);
  const worker = await openWorker(host, record, tree);
  try {
    return await work(worker.files, tree);
  } finally {
    await worker.close();
    await endAnchor(host);
  }
}

interface FilesWorker {
  readonly files: ContainerFiles;
  close(): Promise<void>;
}

async function openWorker(
  host: ContainerHost,
  record: ContainerRecord,
  { main }: ContainerTree,
): Promise<FilesWorker> {
  if (main || record.host.userns !== 'build')
    return (await import('./open-worker.js')).openWorkerFor(host, record);
  const [{ openWorkerSandbox }, { rungOf }] = await Promise.all([
    import('../worker/front/worker-sandbox.js'),
    import('../worker/front/ladder.js'),
  ]);
  const { store, signal } = host;
  const worker = await openWorkerSandbox({ rung: rungOf(record.host.isolation), paths: store.paths, signal });
  return { files: worker.files, close: () => worker.dispose() };
}
