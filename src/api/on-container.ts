// What the functions about the files of one container do first and last.
import type { BuildOptions } from '../build-options.js';
import { requireContainer } from '../containers/container-files.js';
import { containerHost, type ContainerHost } from '../containers/container-host.js';
import type { ContainerRecord } from '../containers/container-record.js';
import { onEngine, type OpenCommand } from './on-engine.js';

export interface OpenOnContainer extends OpenCommand {
  readonly host: ContainerHost;
  readonly record: ContainerRecord;
}

/** @param text a name, or the beginning of an id. @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, STORE_* */
export function onContainer<T>(
  text: string,
  options: BuildOptions,
  work: (open: OpenOnContainer) => Promise<T>,
): Promise<T> {
  return onEngine(options, async (open) => {
    const { engine, signal, emit } = open;
    const host = containerHost(engine, { signal, note: (message) => emit({ kind: 'note', message }) });
    return work({ ...open, host, record: requireContainer(host.paths, text) });
  });
}
