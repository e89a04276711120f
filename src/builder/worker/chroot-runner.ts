// What a worker of the rung `chroot` works with. It has no namespaces, so nothing ends by itself with it: leftover processes and
// substitutions are undone at its end, and what a killed worker left is cleared by the next one.
import { TsbuildError } from '../../core/errors.js';
import { copyDriver } from '../rootfs/copy-driver.js';
import { plainOwnership } from '../rootfs/ownership.js';
import { CAP_DAC_OVERRIDE } from '../sandbox/capabilities.js';
import type { OwnSystemCalls } from '../sandbox/syscalls.js';
import { assertDevices } from './chroot-devices.js';
import { assertCapabilities } from './chroot-refusals.js';
import { createCallWatchPool } from './call-watch-pool.js';
import { chrootStage } from './chroot-stage.js';
import { watchChildExits } from './child-exits.js';
import { stepLauncher } from './launch-step.js';
import type { StartMessage } from './protocol.js';
import { schemePaths } from './scheme-paths.js';
import { launcherStarter } from './start-launcher.js';
import { createStepProcesses, killProcessesIn } from './step-processes.js';
import type { StepRunner } from './step-runner.js';
import { stepTraps } from './step-traps.js';
import { supervisorOf } from './supervisor-on-demand.js';
import { createTemporaryTree } from './temporary-tree.js';
import { createTreeStore } from './tree-store.js';

/** @throws TsbuildError SANDBOX_UNSUPPORTED when this process lacks a capability, or cannot make devices in the store */
export function createChrootRunner(
  calls: OwnSystemCalls,
  { storeRoot, settings, supervisor }: StartMessage,
): StepRunner {
  if (settings.rootfs !== undefined && settings.rootfs !== 'copy')
    throw new TsbuildError('SANDBOX_UNSUPPORTED', `isolation chroot cannot mount ${settings.rootfs}`);
  assertCapabilities();
  const ownership = plainOwnership;
  const paths = schemePaths(storeRoot, ownership);
  const kept = createTemporaryTree(calls, paths.trees);
  try {
    assertDevices(calls, kept.path);
  } catch (error) {
    kept.remove();
    throw error;
  }
  const processes = createStepProcesses(calls);
  const starter = launcherStarter(calls, { directory: paths.trees });
  const exits = watchChildExits(calls);
  const traps = stepTraps(calls);
  const undo = new Set<() => void>();
  process.once('exit', () => {
    processes.killAll();
    for (const action of undo) action();
    kept.remove();
  });
  return {
    calls,
    paths,
    ownership,
    driver: copyDriver(calls, { ownership, keepIn: () => kept.path }),
    trees: createTreeStore(calls, paths, ownership),
    groups: settings.groups,
    stage: chrootStage(calls, {
      mounts: paths.mounts,
      endLeftOvers: () => processes.endLeftOvers(),
      atExit(action) {
        undo.add(action);
        return () => void undo.delete(action);
      },
    }),
    onAbandoned: killProcessesIn,
    launch: stepLauncher({
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
      follow: (pid, exited) => processes.follow(pid, exited),
      endLeftOvers: () => processes.endLeftOvers(),
    }),
  };
}
