// Waits for the end of a container.
import { filledText, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import type { ContainersPaths } from '../containers/container-paths.js';
import { containerView, viewOf, type ContainerView } from '../containers/container-view.js';
import { TsbuildError } from '../core/errors.js';
import { watchFolder } from '../containers/watch-folder.js';
import { bootId } from '../host/boot-id.js';
import { readRecord } from '../containers/container-files.js';
import { settle } from '../containers/settle.js';
import { hostOf } from './host-of.js';
import { onEngine } from './on-engine.js';

const waitRequest = object({ container: filledText }, ['container']);

/**
 * Of one that does not run, the status of its last run; 0 before the first. A container that is removed at its end is
 * waited for until it is gone.
 * @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, STORE_*, ABORTED
 */
export async function waitForContainer(
  request: { readonly container: string },
  options: BuildOptions = {},
): Promise<{ readonly exitCode: number }> {
  waitRequest(request, 'request');
  return onEngine(options, async (open) => {
    const host = hostOf(open);
    const { paths, signal } = host;
    const first = containerView(paths, request.container);
    const exitCode = await endOf(paths, first, signal);
    await settle(host, first.record.id);
    return { exitCode };
  });
}

async function endOf(paths: ContainersPaths, first: ContainerView, signal: AbortSignal): Promise<number> {
  const { id } = first.record;
  let last = first;
  const changes = watchFolder(paths.of(id).directory);
  try {
    while (isRunning(last)) {
      await changes.next(signal);
      if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted', { cause: signal.reason });
      const record = readRecord(paths, id);
      // Removed at its end: what it ended with was read just before, or is in the last view.
      if (!record) break;
      last = viewOf(paths, record, bootId());
    }
    return last.finished?.exitCode ?? 0;
  } finally {
    changes.close();
  }
}

function isRunning({ status }: ContainerView): boolean {
  return status === 'running' || status === 'restarting' || status === 'paused';
}
