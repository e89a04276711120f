// What a worker works with on its rung: how ids lie on disk, the file system of steps, how their processes start.
import { dirname, extname, join } from 'node:path';
import { invariant, TsbuildError } from '../../core/errors.js';
import { shiftedOwnership, type Ownership } from '../rootfs/ownership.js';
import { recordedOwnership } from '../rootfs/recorded-ownership.js';
import { openDirectory } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { chooseDriver } from './choose-driver.js';
import { createChrootRunner } from './chroot-runner.js';
import { startLauncher } from './launcher-process.js';
import { launchersAhead } from './launchers-ahead.js';
import { mountedStage } from './mounted-stage.js';
import type { StartMessage } from './protocol.js';
import { runtimeLaunchers } from './runtime-launchers.js';
import { schemePaths } from './scheme-paths.js';
import type { StepRunner } from './step-runner.js';
import { startSupervisor } from './supervisor-process.js';
import { createTreeStore } from './tree-store.js';

/** Beside the program of launchers, and bundled as it is. */
function supervisorBeside(launcher: string): string {
  return join(dirname(launcher), 'notify', `supervisor-main${extname(launcher)}`);
}

/** @throws TsbuildError SANDBOX_* | OPTION_INVALID */
export async function createRunner(calls: SystemCalls, message: StartMessage): Promise<StepRunner> {
  const { runtime } = message.settings;
  if (runtime && message.rung !== 'userns')
    throw new TsbuildError(
      'SANDBOX_UNSUPPORTED',
      `isolation ${message.rung} cannot use --runtime ${runtime.name}`,
    );
  if (message.rung === 'chroot') return createChrootRunner(calls, message);
  if (message.rung === 'userns-single') {
    requireTraps(calls);
    return namespacedRunner(calls, message, recordedOwnership);
  }
  return namespacedRunner(calls, message, shiftedOwnership);
}

function requireTraps(calls: SystemCalls): void {
  if (calls.hasTraps()) return;
  throw new TsbuildError(
    'SANDBOX_UNSUPPORTED',
    'this kernel has no seccomp user notification, which isolation userns-single needs',
    { hint: 'use Linux 5.11 or newer, or add subordinate ids' },
  );
}

async function namespacedRunner(
  calls: SystemCalls,
  message: StartMessage,
  ownership: Ownership,
): Promise<StepRunner> {
  calls.makeAllPrivate();
  const proc = calls.createMount('proc', [], 0);
  calls.attach(proc, openDirectory('/proc'));
  const paths = schemePaths(message.storeRoot, ownership);
  const { launcher, unshare, settings } = message;
  invariant(unshare !== undefined, 'a rung with namespaces has unshare');
  const isSupervised = ownership.scheme === 'recorded';
  const programs = {
    unshare,
    launcher,
    ...(isSupervised && { supervisor: startSupervisor(supervisorBeside(launcher)) }),
  };
  return {
    calls,
    paths,
    ownership,
    ...(await chooseDriver(calls, { trees: paths.trees, ownership, requested: settings.rootfs })),
    stage: mountedStage(calls, { isSupervised }),
    groups: settings.groups,
    trees: createTreeStore(calls, paths, ownership),
    takeLauncher: settings.runtime
      ? runtimeLaunchers(calls, { unshare, ownership, settings, storeRoot: message.storeRoot })
      : launchersAhead(settings.network, (network) =>
          startLauncher(calls, { ...programs, network }, ownership),
        ),
  };
}
