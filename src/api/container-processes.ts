// The processes of a running container.
import { filledText, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { containersPaths } from '../containers/container-paths.js';
import { containerView } from '../containers/container-view.js';
import { listProcesses } from '../containers/list-processes.js';
import type { ProcessRow } from '../containers/rules/process-row.js';
import { TsbuildError } from '../core/errors.js';
import { onEngine } from './on-engine.js';

const processesRequest = object({ container: filledText }, ['container']);

/** @throws TsbuildError CONTAINER_NOT_FOUND, CONTAINER_NOT_RUNNING, OPTION_INVALID, STORE_*, ABORTED */
export async function containerProcesses(
  request: { readonly container: string },
  options: BuildOptions = {},
): Promise<readonly ProcessRow[]> {
  processesRequest(request, 'request');
  return onEngine(options, async ({ engine: { store, now } }) => {
    const { record, status, state } = containerView(containersPaths(store.paths), request.container);
    if (status !== 'running' || !state)
      throw new TsbuildError('CONTAINER_NOT_RUNNING', `Container ${record.id} is not running`, {
        hint: `tsbuild start ${record.name} starts it`,
      });
    return listProcesses(state.main.pid, now() * 1000);
  });
}
