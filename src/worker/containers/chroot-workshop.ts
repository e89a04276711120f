// What the worker of one container works with where there are no namespaces, and what it answers.
import { invariant, TsbuildError } from '../../core/errors.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { copyDriver } from '../../rootfs/copy-driver.js';
import { plainOwnership } from '../../rootfs/ownership.js';
import { schemePaths } from '../../rootfs/scheme-paths.js';
import { createTemporaryTree } from '../../rootfs/temporary-tree.js';
import { createTreeStore } from '../../rootfs/tree-store.js';
import { outOfMemoryKills } from '../../sandbox/cgroup/control-groups.js';
import { assertDevices } from '../../sandbox/chroot/chroot-devices.js';
import { assertCapabilities } from '../../sandbox/chroot/chroot-refusals.js';
import { confinementOf, describeConfinement, type Confinement } from '../../sandbox/confinement.js';
import { takeTurnNow, type HeldTurn } from '../../sandbox/chroot/take-turn.js';
import { launcherStarter } from '../../sandbox/launcher/start-launcher.js';
import { mountingPlacer } from '../../sandbox/mounting-placer.js';
import { createMemoryWatch } from '../memory-watch.js';
import type { BeginMessage } from '../protocol.js';
import type { Workshop } from '../workshop.js';
import { openChrootRootfs } from './chroot-rootfs.js';
import type { ContainerLauncher } from './container-launcher.js';
import { launchInRoot } from './launch-in-root.js';
import type { OpenContainer } from './container-process.js';
import type { ContainerRootfs } from './open-container.js';
import { placeScene } from './place-scene.js';
import { copyMounts } from './copy-mounts.js';
import { prepareContainer, type PreparedContainer } from './start-container.js';

/** @throws TsbuildError SANDBOX_UNSUPPORTED | STORE_UNWRITABLE */
export async function createChrootContainers(
  calls: OwnSystemCalls,
  { storeRoot, lease, settings }: BeginMessage,
): Promise<Workshop> {
  assertCapabilities();
  const ownership = plainOwnership;
  const paths = schemePaths(storeRoot, ownership, lease);
  const trees = createTreeStore(calls, paths, ownership);
  requireDevices(calls, paths.trees);
  const confinement = confinementOf(Math.min(calls.landlockVersion(), settings.landlock ?? Infinity));
  const starter = launcherStarter(calls, { directory: paths.trees });
  const tools = { calls, ownership, starter };
  let open: { readonly container: OpenContainer; readonly rootfs: ContainerRootfs } | undefined;
  let prepared: PreparedContainer | undefined;
  return {
    calls,
    paths,
    trees,
    ownership,
    driver: copyDriver(calls, { ownership, keepIn: () => paths.trees }),
    placer: mountingPlacer(calls),
    memory: createMemoryWatch(outOfMemoryKills),
    launch: () => Promise.reject(new Error('a worker for a container starts no other command')),
    ...(!confinement.isApart && { note: describeConfinement(confinement) }),
    async container(message, signal) {
      const { id } = message;
      switch (message.kind) {
        case 'open-container': {
          const rootfs = await openChrootRootfs({ calls, trees, ownership }, message.container, signal);
          open = { container: message.container, rootfs };
          return { kind: 'container-opened', id, opened: rootfs.opened };
        }
        case 'prepare-container': {
          invariant(open, 'a container that is prepared is open');
          const { directory } = open.container;
          const run = { process: message.process, rootfs: open.rootfs, directory };
          const turn = await turnFor(confinement);
          const temporary = createTemporaryTree(calls, paths.trees);
          try {
            const copying = copyMounts(calls, message.process.mounts, temporary.path);
            const copies = await copying.catch((error: unknown) => {
              temporary.remove();
              throw error;
            });
            const launcher: ContainerLauncher = {
              openStreams() {
                try {
                  return placeScene(calls, run, copies);
                } finally {
                  // Before a child is made, which would have its descriptor.
                  temporary.remove();
                }
              },
              launch: (given, monitor, { onReady }) =>
                launchInRoot(tools, given, { monitor, confinement, turn, onReady }),
            };
            prepared = await prepareContainer(tools, launcher, run);
          } catch (error) {
            turn?.end();
            throw error;
          }
          return { kind: 'done', id };
        }
        case 'start-container':
          invariant(prepared, 'a container that is started was prepared');
          return { kind: 'container-started', id, started: await prepared.start(message.now, signal) };
      }
    },
  };
}

/** The first thing that is tried in the store. */
function requireDevices(calls: OwnSystemCalls, trees: string): void {
  const trial = createTemporaryTree(calls, trees);
  try {
    assertDevices(calls, trial.path);
  } finally {
    trial.remove();
  }
}

/**
 * Processes that nothing keeps apart could hand each other descriptors that lead out of their roots. So there is one
 * container at a time, and no step beside it.
 * @throws TsbuildError SANDBOX_UNSUPPORTED
 */
async function turnFor(confinement: Confinement): Promise<HeldTurn | undefined> {
  if (confinement.isApart) return undefined;
  const turn = await takeTurnNow();
  if (turn) return turn;
  throw new TsbuildError(
    'SANDBOX_UNSUPPORTED',
    `another container or build step is being executed, and here nothing would keep them apart: ${describeConfinement(confinement)}`,
    { hint: 'wait for its end, or run it where namespaces work: `tsbuild doctor` tells what is missing' },
  );
}
