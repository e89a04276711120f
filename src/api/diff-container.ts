// What a container changed in the files of its image.
import { filledText } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { withContainerFiles } from '../containers/open-container-files.js';
import type { ContainerChange } from '../worker/containers/container-files.js';
import { onContainer } from './on-container.js';

export type { ContainerChange } from '../worker/containers/container-files.js';

/**
 * In the order of paths, a directory before what is in it; a directory in which something was made counts as changed.
 * What is in volumes and other mounts is not told.
 * @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, SANDBOX_*, STORE_*, ABORTED
 */
export async function diffContainer(
  container: string,
  options: BuildOptions = {},
): Promise<readonly ContainerChange[]> {
  filledText(container, 'container');
  return onContainer(container, options, ({ host, record, signal }) =>
    withContainerFiles(host, record, (files, tree) => files.changes(tree, signal)),
  );
}
