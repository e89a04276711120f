// What the worker of one container works with, and what it answers.
import { closeSync, readFileSync } from 'node:fs';
import { invariant } from '../../core/errors.js';
import { parseIdMap } from '../../host/id-range.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { commonIds } from '../../rootfs/id-spans.js';
import { keptOwnership } from '../../rootfs/kept-ownership.js';
import { overlayDriver } from '../../rootfs/overlay-driver.js';
import { shiftedOwnership, type Ownership } from '../../rootfs/ownership.js';
import { schemePaths } from '../../rootfs/scheme-paths.js';
import { containerIds } from '../../rootfs/shifted-ids.js';
import { createTreeStore } from '../../rootfs/tree-store.js';
import { outOfMemoryKills } from '../../sandbox/cgroup/control-groups.js';
import { launcherStarter } from '../../sandbox/launcher/start-launcher.js';
import { mountingPlacer } from '../../sandbox/mounting-placer.js';
import { createMemoryWatch } from '../memory-watch.js';
import type { BeginMessage } from '../protocol.js';
import type { Workshop } from '../workshop.js';
import type { ContainerIds, OpenContainer } from './container-process.js';
import { holdAnchor } from './hold-anchor.js';
import { openContainerRootfs, type ContainerRootfs } from './open-container.js';
import { prepareContainer, type PreparedContainer } from './start-container.js';

/** @throws TsbuildError SANDBOX_* | STORE_UNWRITABLE */
export async function createContainerWorkshop(
  calls: OwnSystemCalls,
  { container, storeRoot, lease }: BeginMessage,
): Promise<Workshop> {
  invariant(container, 'a worker for a container knows its ground');
  calls.makeAllPrivate();
  const ownership = ownershipOf(container.ids);
  const paths = schemePaths(storeRoot, ownership, lease);
  const trees = createTreeStore(calls, paths, ownership);
  const starter = launcherStarter(calls, { directory: paths.trees });
  const held = await holdAnchor(calls, container, starter);
  const tools = { calls, ownership, trees, starter };
  let open: { readonly container: OpenContainer; readonly rootfs: ContainerRootfs } | undefined;
  let prepared: PreparedContainer | undefined;
  return {
    calls,
    paths,
    trees,
    ownership,
    driver: overlayDriver(calls, ownership),
    placer: mountingPlacer(calls),
    memory: createMemoryWatch(outOfMemoryKills),
    launch: () => Promise.reject(new Error('a worker for a container starts no other command')),
    ...(held.place === 'elsewhere' && { isElsewhere: true }),
    async container(message, signal) {
      const { id } = message;
      switch (message.kind) {
        case 'open-container': {
          const rootfs = await openContainerRootfs(tools, message.container, signal);
          open = { container: message.container, rootfs };
          return { kind: 'container-opened', id, opened: rootfs.opened };
        }
        case 'prepare-container': {
          invariant(open, 'a container that is prepared is open');
          const { directory } = open.container;
          prepared = await prepareContainer(tools, {
            process: message.process,
            rootfs: open.rootfs,
            directory,
          });
          return { kind: 'done', id };
        }
        case 'start-container': {
          invariant(prepared, 'a container that is started was prepared');
          const started = await prepared.start(message.now, signal);
          // The container keeps the anchor from here on.
          closeSync(held.lock);
          return { kind: 'container-started', id, started };
        }
      }
    },
  };
}

function ownershipOf(ids: ContainerIds): Ownership {
  const [uids = [], gids = []] = ['uid_map', 'gid_map'].map((file) =>
    parseIdMap(readFileSync(`/proc/self/${file}`, 'utf8')),
  );
  if (ids !== 'build') return keptOwnership(ids, { uids, gids });
  return shiftedOwnership(commonIds(containerIds(uids), containerIds(gids)));
}
