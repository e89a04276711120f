// Gives a container another name.
import { filledText, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { requireContainer, writeRecord } from '../containers/container-files.js';
import { letNameGo, takeName } from '../containers/container-names.js';
import { containersPaths } from '../containers/container-paths.js';
import { recordEvent } from '../containers/events/write-event.js';
import { onEngine } from './on-engine.js';

const renameRequest = object({ container: filledText, name: filledText }, ['container', 'name']);

/**
 * The new name is taken before the old one is given up: at every moment the container has one.
 * @throws TsbuildError CONTAINER_NOT_FOUND, CONTAINER_NAME_TAKEN, OPTION_INVALID, STORE_*, ABORTED
 */
export async function renameContainer(
  request: { readonly container: string; readonly name: string },
  options: BuildOptions = {},
): Promise<void> {
  renameRequest(request, 'request');
  await onEngine(options, async ({ engine }) => {
    const paths = containersPaths(engine.store.paths);
    const record = requireContainer(paths, request.container);
    const name = takeName(paths, record.id, request.name);
    const renamed = { ...record, name };
    try {
      writeRecord(paths, renamed);
    } catch (error) {
      letNameGo(paths, renamed);
      throw error;
    }
    letNameGo(paths, record);
    recordEvent(paths, renamed, 'rename', { now: engine.now(), attributes: { oldName: `/${record.name}` } });
  });
}
