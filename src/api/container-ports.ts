// The published ports of a running container.
import { filledText, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { containersPaths } from '../containers/container-paths.js';
import { containerView } from '../containers/container-view.js';
import type { ListedPort } from '../containers/rules/container-summary.js';
import { comparePorts } from '../containers/rules/ports-text.js';
import { listedPorts } from '../containers/summarise-container.js';
import { onEngine } from './on-engine.js';

const portsRequest = object({ container: filledText }, ['container']);

/** None of one that does not run. @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, STORE_*, ABORTED */
export async function containerPorts(
  request: { readonly container: string },
  options: BuildOptions = {},
): Promise<readonly ListedPort[]> {
  portsRequest(request, 'request');
  return onEngine(options, async ({ engine: { store } }) => {
    const { status, state } = containerView(containersPaths(store.paths), request.container);
    const ports = status === 'running' ? (state?.ports ?? []) : [];
    return listedPorts(ports, []).toSorted(comparePorts);
  });
}
