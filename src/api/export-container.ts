// All files of a container as a tar: the image with what the container changed, without volumes and other mounts.
import { filledText, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { withContainerFiles } from '../containers/open-container-files.js';
import { writeChunks } from '../export/write-chunks.js';
import { outputOf } from '../standard-streams.js';
import { onContainer } from './on-container.js';

export interface ExportContainerRequest {
  readonly container: string;
  /** A path; default `-`, standard output. */
  readonly output?: string;
}

/** @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, OUTPUT_FAILED, SANDBOX_*, STORE_*, ABORTED */
export async function exportContainer(
  request: ExportContainerRequest,
  options: BuildOptions = {},
): Promise<void> {
  object({ container: filledText, output: filledText }, ['container'])(request, 'request');
  const { container, output = '-' } = request;
  return onContainer(container, options, ({ host, record, signal, cwd }) =>
    withContainerFiles(host, record, (files, tree) =>
      writeChunks(files.export(tree, signal), {
        dest: output,
        cwd,
        stdout: () => outputOf(options),
        signal,
      }),
    ),
  );
}
