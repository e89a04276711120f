// All that the store knows of containers.
import { filledText, listOf } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { containerDetails, type ContainerDetails } from '../containers/container-details.js';
import { containersPaths } from '../containers/container-paths.js';
import { containerView } from '../containers/container-view.js';
import { settleAll } from '../containers/settle.js';
import { readHealth } from '../containers/read-health.js';
import { volumeData } from '../containers/volumes/volume-store.js';
import { hostOf } from './host-of.js';
import { onEngine } from './on-engine.js';

export type { ContainerDetails } from '../containers/container-details.js';

/**
 * In the order of the request, with the members of `docker container inspect`.
 * @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, STORE_*, ABORTED
 */
export async function inspectContainers(
  names: readonly string[],
  options: BuildOptions = {},
): Promise<readonly ContainerDetails[]> {
  listOf(filledText)(names, 'names');
  return onEngine(options, async (open) => {
    const paths = containersPaths(open.engine.store.paths);
    await settleAll(hostOf(open));
    return names.map((name) => {
      const view = containerView(paths, name);
      const files = paths.of(view.record.id);
      const health = readHealth(files, view);
      return containerDetails(view, {
        files,
        volumeData: (volume) => volumeData(paths, volume),
        ...(health && { health }),
      });
    });
  });
}
