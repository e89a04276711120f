// A launcher that stands in network namespaces for a moment, to set up what is in them. It is in the user namespace
// above all containers, and so may change any of theirs.
import type { Launcher, LauncherStarter } from '../../launcher/start-launcher.js';
import { FIRST_OWN } from '../../launcher/start-launcher.js';
import type { SystemCalls } from '../../../host/syscalls/system-calls.js';

export interface OperatorTools {
  /** Of this process: it reaps the launchers. */
  readonly calls: Pick<SystemCalls, 'reap' | 'flock'>;
  /** Its launchers are in the user namespace above all containers. */
  readonly starter: LauncherStarter;
}

/**
 * @param namespaces descriptors; `work` enters them by `launcher.calls.enterNetwork(numbers[i])`
 * @throws TsbuildError SANDBOX_FAILED, and what `work` throws
 */
export function operate<T>(
  { calls, starter }: OperatorTools,
  namespaces: readonly number[],
  work: (launcher: Launcher, numbers: readonly number[]) => T,
): T {
  const launcher = starter.start(namespaces, { isBeside: true });
  try {
    return work(
      launcher,
      namespaces.map((_, i) => FIRST_OWN + i),
    );
  } finally {
    launcher.close();
    calls.reap(launcher.pid, { isAwaited: true });
  }
}
