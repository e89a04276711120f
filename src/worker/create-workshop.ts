// Puts together what a worker works with on its rung: how ids lie on disk, the file system of processes, how they
// start.
import { readFileSync } from 'node:fs';
import { invariant, TsbuildError } from '../core/errors.js';
import { commonIds, type IdSpan } from '../rootfs/id-spans.js';
import { shiftedOwnership, type Ownership } from '../rootfs/ownership.js';
import { recordedOwnership } from '../rootfs/recorded-ownership.js';
import { containerIds } from '../rootfs/shifted-ids.js';
import { CAP_DAC_OVERRIDE, CAP_MKNOD } from '../sandbox/capabilities.js';
import { parseIdMap } from '../host/id-range.js';
import { openDirectory } from '../rootfs/path-in-root.js';
import type { OwnSystemCalls, SystemCalls } from '../host/syscalls/system-calls.js';
import { createCallWatchPool } from '../sandbox/launcher/call-watch.js';
import { createOwnTable } from '../sandbox/emulation/own-table.js';
import { chooseDriver } from '../rootfs/choose-driver.js';
import { watchChildExits } from '../sandbox/launcher/child-exits.js';
import { processStarter, type StartProcess } from '../sandbox/launcher/start-process.js';
import { mountingPlacer } from '../sandbox/mounting-placer.js';
import type { BeginMessage } from './protocol.js';
import { schemePaths } from '../rootfs/scheme-paths.js';
import { launcherStarter } from '../sandbox/launcher/start-launcher.js';
import { createPrivateNetworks } from '../sandbox/network/private-network.js';
import { requireTraps } from './require-traps.js';
import type { Workshop } from './workshop.js';
import { createMemoryWatch } from './memory-watch.js';
import { outOfMemoryKills } from '../sandbox/cgroup/control-groups.js';
import { trapPrograms } from '../sandbox/launcher/trap-programs.js';
import { supervisorOf } from '../sandbox/launcher/supervisor-on-demand.js';
import { createTreeStore } from '../rootfs/tree-store.js';

/** @throws TsbuildError SANDBOX_* | OPTION_INVALID */
export async function createWorkshop(calls: OwnSystemCalls, message: BeginMessage): Promise<Workshop> {
  if (message.container && message.rung === 'chroot')
    return (await import('./containers/chroot-workshop.js')).createChrootContainers(calls, message);
  if (message.container)
    return (await import('./containers/container-workshop.js')).createContainerWorkshop(calls, message);
  const { runtime } = message.settings;
  if (runtime && message.rung !== 'userns')
    throw new TsbuildError(
      'SANDBOX_UNSUPPORTED',
      `isolation ${message.rung} cannot use --runtime ${runtime.name}`,
    );
  if (message.rung === 'chroot')
    return (await import('./chroot-workshop.js')).createChrootWorkshop(calls, message);
  if (message.rung === 'userns-single') {
    requireTraps(calls);
    return namespacedWorkshop(calls, message, recordedOwnership);
  }
  return namespacedWorkshop(calls, message, shiftedOwnership(ownContainerIds()));
}

/** Users and groups may have been given different ids; a container has what both have. */
function ownContainerIds(): IdSpan[] {
  const [uids = [], gids = []] = ['uid_map', 'gid_map'].map((file) =>
    containerIds(parseIdMap(readFileSync(`/proc/self/${file}`, 'utf8'))),
  );
  return commonIds(uids, gids);
}

async function namespacedWorkshop(
  calls: OwnSystemCalls,
  message: BeginMessage,
  ownership: Ownership,
): Promise<Workshop> {
  calls.makeAllPrivate();
  const proc = calls.createMount('proc', [], 0);
  calls.attach(proc, openDirectory('/proc'));
  const paths = schemePaths(message.storeRoot, ownership, message.lease);
  const { settings } = message;
  const isSupervised = ownership.scheme === 'recorded';
  return {
    calls,
    paths,
    ownership,
    ...(await chooseDriver(calls, { trees: paths.trees, ownership, requested: settings.rootfs })),
    memory: createMemoryWatch(outOfMemoryKills),
    placer: mountingPlacer(calls, { isSupervised }),
    groups: settings.groups,
    trees: createTreeStore(calls, paths, ownership),
    emulators: createOwnTable(calls),
    launch: settings.runtime
      ? await runtimeLauncherOf(calls, message, ownership)
      : await namespacedLauncher(calls, message, { ownership, directory: paths.trees }),
  };
}

async function runtimeLauncherOf(
  calls: SystemCalls,
  { unshare, settings, storeRoot }: BeginMessage,
  ownership: Ownership,
): Promise<StartProcess> {
  const { openRuntime } = await import('../sandbox/runtime/open-runtime.js');
  invariant(unshare !== undefined, 'a rung with namespaces has unshare');
  return openRuntime(calls, { unshare, ownership, settings, storeRoot });
}

async function namespacedLauncher(
  calls: OwnSystemCalls,
  { settings: { network: tool }, supervisor }: BeginMessage,
  { ownership, directory }: { readonly ownership: Ownership; readonly directory: string },
): Promise<StartProcess> {
  const isSupervised = ownership.scheme === 'recorded';
  const starter = launcherStarter(calls, { ownership, directory });
  const exits = watchChildExits(calls);
  // A process can have one listener: that of supervised ones is the supervisor's.
  const traps = isSupervised ? undefined : trapPrograms(calls);
  const supervisors = supervisorOf(supervisor);
  if (isSupervised) await supervisors();
  const isOnDemand = traps?.withNetwork !== undefined;
  return processStarter({
    calls,
    ownership,
    starter,
    exits,
    ...(tool && { networks: createPrivateNetworks(calls, { tool, starter, exits, isOnDemand }) }),
    ...(traps && {
      watching: {
        traps,
        watches: createCallWatchPool(calls, starter, exits),
        deviceCapabilities: CAP_MKNOD | CAP_DAC_OVERRIDE,
      },
    }),
    supervisor: supervisors,
  });
}
