// The processes that watch the calls of steps: one for each step that runs, and used again by later ones.
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import type { ChildExits } from './child-exits.js';
import { openCallWatch, type CallWatch } from './call-watch.js';
import type { LauncherStarter } from './start-launcher.js';

export interface CallWatchPool {
  take(): CallWatch;
  giveBack(watch: CallWatch): void;
}

/** The first one is made at once: a worker exists because a step is to come. */
export function createCallWatchPool(
  calls: OwnSystemCalls,
  starter: LauncherStarter,
  exits: ChildExits,
): CallWatchPool {
  const open = (): CallWatch => openCallWatch(calls, starter, exits);
  const free = [open()];
  return {
    take: () => free.pop() ?? open(),
    giveBack(watch) {
      if (watch.isAlive()) free.push(watch);
      else watch.close();
    },
  };
}
