// The containers of the store, or some of them.
import { filledText, flag, listOf, object, text, texts, wholeNumber } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { containersPaths, type ContainersPaths } from '../containers/container-paths.js';
import { listDamaged, requireContainer } from '../containers/container-files.js';
import { containerViews, type ContainerView } from '../containers/container-view.js';
import { settleAll } from '../containers/settle.js';
import { readHealth } from '../containers/read-health.js';
import type { ContainerSummary } from '../containers/rules/container-summary.js';
import {
  checkFilter,
  filterContainers,
  type ContainerFilter,
} from '../containers/rules/filter-containers.js';
import { portsText } from '../containers/rules/ports-text.js';
import { statusText } from '../containers/rules/status-text.js';
import { summariseContainer } from '../containers/summarise-container.js';
import { TsbuildError } from '../core/errors.js';
import { findLocalImage, openLocalImage } from '../images/local-image.js';
import type { Store } from '../store/store.js';
import { hostOf } from './host-of.js';
import { onEngine } from './on-engine.js';

export type { ListedPort } from '../containers/rules/container-summary.js';

export interface ListedContainer extends ContainerSummary {
  /** `Up 3 minutes (healthy)`, now. */
  readonly statusText: string;
  /** `0.0.0.0:8080->80/tcp` */
  readonly portsText: string;
}

export type ContainersRequest = ContainerFilter;

const containersRequest = object({
  isAll: flag,
  last: wholeNumber,
  ids: texts,
  names: texts,
  labels: listOf(object({ key: filledText, value: text }, ['key'])),
  statuses: texts,
  health: texts,
  exitCodes: listOf(wholeNumber),
  volumes: texts,
  networks: texts,
  published: texts,
  exposed: texts,
  ancestors: texts,
  before: filledText,
  since: filledText,
});

/**
 * The youngest first; without `isAll`, `last` and `statuses` those that run.
 * @throws TsbuildError OPTION_INVALID, CONTAINER_NOT_FOUND for a container to compare with, STORE_*, ABORTED
 */
export async function containers(
  request: ContainersRequest = {},
  options: BuildOptions = {},
): Promise<readonly ListedContainer[]> {
  containersRequest(request, 'request');
  checkFilter(request);
  return onEngine(options, async (open) => {
    const { store, now } = open.engine;
    const paths = containersPaths(store.paths);
    const host = hostOf(open);
    await settleAll(host);
    for (const id of listDamaged(paths))
      host.note(`container ${id} is damaged and is left out: tsbuild rm -f ${id} removes it`);
    const views = containerViews(paths);
    const summaries = views.map((view) =>
      summariseContainer(view, readHealth(paths.of(view.record.id), view)?.status),
    );
    const { before, since } = request;
    const shown = filterContainers(summaries, request, {
      imageIds: imageIdsOf(store, request.ancestors ?? [], views),
      ...(before !== undefined && { before: createdOf(paths, before) }),
      ...(since !== undefined && { since: createdOf(paths, since) }),
    });
    return shown.map((one) => ({
      ...one,
      statusText: statusText(one, now() * 1000),
      portsText: portsText(one.ports),
    }));
  });
}

function createdOf(paths: ContainersPaths, text: string): number {
  return requireContainer(paths, text).createdAt;
}

/**
 * Of each ancestor the image and those made of it: their first layers are its layers. An image that is gone from the
 * store is still known by the name that its containers have.
 */
function imageIdsOf(
  store: Store,
  ancestors: readonly string[],
  views: readonly ContainerView[],
): ReadonlySet<string> {
  const images = views.map(({ record }) => record.image);
  const ids = ancestors.flatMap((text) => {
    const layers = layersOf(store, text);
    return images
      .filter(({ name, config, layers: own }) => {
        const isNamed = name === text || config.startsWith(text) || config.startsWith(`sha256:${text}`);
        return isNamed || layers?.every((diffId, index) => own[index]?.diffId === diffId);
      })
      .map(({ config }) => config);
  });
  return new Set(ids);
}

function layersOf(store: Store, text: string): readonly string[] | undefined {
  try {
    return openLocalImage(store, findLocalImage(store, text)).config.rootfs.diff_ids;
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}
