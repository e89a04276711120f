// The end of a run of a container, for the process that its monitor becomes.
import { filledText } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { onEngine } from './on-engine.js';
import { hostOf } from './host-of.js';

/** @param id of a container whose command has ended. @throws TsbuildError STORE_* | SANDBOX_* */
export async function finishContainer(id: string, options: BuildOptions = {}): Promise<void> {
  filledText(id, 'id');
  await onEngine(options, async (open) => {
    const host = hostOf(open);
    const { ownRunLocks } = await import('../containers/run-lock.js');
    // Another one may be at work.
    if (ownRunLocks(host.paths.of(id)).length === 0) {
      const { settle } = await import('../containers/settle.js');
      return settle(host, id);
    }
    const { finishRun } = await import('../containers/finish-container.js');
    const { readRecord } = await import('../containers/container-files.js');
    const record = readRecord(host.paths, id);
    const finished = await finishRun(host, id, { isTakenOver: false });
    if (!record || !finished) return;
    const { afterEnd } = await import('../containers/after-end.js');
    await afterEnd(host, record, finished);
  });
}
