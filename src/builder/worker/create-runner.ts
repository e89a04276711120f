// What a worker works with on its rung: how ids lie on disk, the file system of steps, how their processes start.
import { join } from 'node:path';
import { invariant } from '../../core/errors.js';
import { hexOf } from '../../core/digest.js';
import { storePaths, type StorePaths } from '../../store/store-paths.js';
import { overlayDriver } from '../rootfs/overlay-driver.js';
import { shiftedOwnership, type Ownership } from '../rootfs/ownership.js';
import { openDirectory } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { startLauncher, type LauncherProcess } from './launcher-process.js';
import type { StartMessage } from './protocol.js';
import type { StepRunner } from './step-runner.js';
import { createTreeStore } from './tree-store.js';

/** @throws TsbuildError SANDBOX_* */
export function createRunner(calls: SystemCalls, message: StartMessage): StepRunner {
  return namespacedRunner(calls, message, shiftedOwnership);
}

function namespacedRunner(calls: SystemCalls, message: StartMessage, ownership: Ownership): StepRunner {
  calls.makeAllPrivate();
  const proc = calls.createMount('proc', [], 0);
  calls.attach(proc, openDirectory('/proc'));
  const paths = pathsOf(message.storeRoot, ownership);
  const { launcher, unshare } = message;
  invariant(unshare !== undefined, 'a rung with namespaces has unshare');
  return {
    calls,
    paths,
    ownership,
    driver: overlayDriver(calls, ownership),
    trees: createTreeStore(calls, paths, ownership),
    takeLauncher: startedAhead(() => startLauncher(calls, { unshare, launcher }, ownership)),
  };
}

/** One launcher always waits: its start is hidden behind the running step. */
function startedAhead(start: () => LauncherProcess): () => LauncherProcess {
  let next = start();
  return () => {
    const taken = next;
    next = start();
    return taken;
  };
}

/** What one scheme unpacked, another cannot use: each has folders of its own. */
function pathsOf(storeRoot: string, { scheme }: Ownership): StorePaths {
  const paths = storePaths(storeRoot);
  if (scheme === 'shifted') return paths;
  const trees = join(paths.root, `trees-${scheme}`);
  const mounts = join(paths.root, `mounts-${scheme}`);
  return { ...paths, trees, mounts, tree: (diffId) => join(trees, hexOf(diffId)) };
}
