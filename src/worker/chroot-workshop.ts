// What a worker of the rung `chroot` works with. It has no namespaces, so little ends by itself with it: leftover
// processes and substitutions are undone at its end, and what a killed worker left is cleared by the next one.
import { TsbuildError } from '../core/errors.js';
import { copyDriver } from '../rootfs/copy-driver.js';
import { plainOwnership } from '../rootfs/ownership.js';
import { CAP_DAC_OVERRIDE } from '../sandbox/capabilities.js';
import { confinementOf, describeConfinement } from '../sandbox/confinement.js';
import type { OwnSystemCalls } from '../host/syscalls/system-calls.js';
import { killProcessesIn } from '../sandbox/chroot/process-table.js';
import { assertDevices } from '../sandbox/chroot/chroot-devices.js';
import { assertCapabilities } from '../sandbox/chroot/chroot-refusals.js';
import { createCallWatchPool } from '../sandbox/launcher/call-watch.js';
import { substitutingPlacer } from '../sandbox/chroot/substituting-placer.js';
import { watchChildExits } from '../sandbox/launcher/child-exits.js';
import { processStarter, type StartProcess } from '../sandbox/launcher/start-process.js';
import type { BeginMessage } from './protocol.js';
import { schemePaths } from '../rootfs/scheme-paths.js';
import { launcherStarter } from '../sandbox/launcher/start-launcher.js';
import { createCommandProcesses, type CommandProcesses } from '../sandbox/chroot/command-processes.js';
import type { Workshop } from './workshop.js';
import { createMemoryWatch } from './memory-watch.js';
import { outOfMemoryKills } from '../sandbox/cgroup/control-groups.js';
import { trapPrograms } from '../sandbox/launcher/trap-programs.js';
import { takeTurn } from '../sandbox/chroot/take-turn.js';
import { supervisorOf } from '../sandbox/launcher/supervisor-on-demand.js';
import { createTemporaryTree } from '../rootfs/temporary-tree.js';
import { createTreeStore } from '../rootfs/tree-store.js';

/**
 * @throws TsbuildError SANDBOX_UNSUPPORTED when this process lacks a capability, or cannot make devices in the store
 */
export function createChrootWorkshop(
  calls: OwnSystemCalls,
  { storeRoot, lease, settings, supervisor }: BeginMessage,
): Workshop {
  if (settings.rootfs !== undefined && settings.rootfs !== 'copy')
    throw new TsbuildError('SANDBOX_UNSUPPORTED', `isolation chroot cannot mount ${settings.rootfs}`);
  assertCapabilities();
  const ownership = plainOwnership;
  const paths = schemePaths(storeRoot, ownership, lease);
  const kept = createTemporaryTree(calls, paths.trees);
  try {
    assertDevices(calls, kept.path);
  } catch (error) {
    kept.remove();
    throw error;
  }
  const confinement = confinementOf(Math.min(calls.landlockVersion(), settings.landlock ?? Infinity));
  const about = describeConfinement(confinement);
  const starter = launcherStarter(calls, { directory: paths.trees });
  const exits = watchChildExits(calls);
  const processes = createCommandProcesses(calls, exits);
  const traps = trapPrograms(calls);
  const undo = new Set<() => void>();
  process.once('exit', () => {
    // What a process still uses is not moved: a directory would lead it out. The next worker clears it.
    if (!processes.killAll()) return;
    for (const action of undo) action();
    kept.remove();
  });
  const launch = processStarter({
    calls,
    ownership,
    starter,
    supervisor: supervisorOf(supervisor),
    // CAP_MKNOD it has not: real devices would be those of the host.
    ...(traps && {
      watching: {
        traps,
        watches: createCallWatchPool(calls, starter, exits),
        deviceCapabilities: CAP_DAC_OVERRIDE,
      },
    }),
    exits,
    processes,
  });
  return {
    calls,
    paths,
    ownership,
    driver: copyDriver(calls, { ownership, keepIn: () => kept.path }),
    trees: createTreeStore(calls, paths, ownership),
    groups: settings.groups,
    ...(!confinement.isApart && { note: about }),
    about,
    memory: createMemoryWatch(outOfMemoryKills),
    placer: substitutingPlacer(calls, {
      mounts: paths.mounts,
      confinement,
      endLeftOvers: () => processes.endLeftOvers(),
      atExit(action) {
        undo.add(action);
        return () => void undo.delete(action);
      },
    }),
    onAbandoned: killProcessesIn,
    launch: confinement.isApart ? launch : oneAtATime(launch, processes),
  };
}

function oneAtATime(launch: StartProcess, processes: CommandProcesses): StartProcess {
  return async (order, io) => {
    const endTurn = await takeTurn(io.signal);
    // With something left of this process no other may live beside it.
    const end = (): void => {
      if (!processes.hasLeftOvers()) endTurn();
    };
    try {
      const launched = await launch(order, io);
      return { ...launched, ended: launched.ended.finally(end) };
    } catch (error) {
      end();
      throw error;
    }
  };
}
