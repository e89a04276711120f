// A new image out of a container: the layers of its image, what the container changed, and its config.
import { filledText, object, text, texts } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { withChanges } from '../commit-changes.js';
import type { ContainerConfig, ContainerRecord } from '../containers/container-record.js';
import { withContainerFiles } from '../containers/open-container-files.js';
import { storedImage } from '../containers/stored-image.js';
import { finishImage } from '../images/finish-image.js';
import type { Image } from '../images/image.js';
import { madeLayer } from '../images/layer.js';
import { canonicalReference, parseImageName } from '../oci/reference.js';
import type { ContainerConfig as ImageContainerConfig } from '../oci/types.js';
import { listNameless, nameImage } from '../store/image-names.js';
import { onContainer } from './on-container.js';

export interface CommitContainerRequest {
  readonly container: string;
  /** Name of the image; one without a name is found by its id. */
  readonly name?: string;
  readonly author?: string;
  readonly message?: string;
  /** Instructions of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, … */
  readonly changes?: readonly string[];
}

export interface CommittedImage {
  /** Of the config: its id. */
  readonly id: string;
  /** Of the manifest. */
  readonly digest: string;
  /** As in the store: `docker.io/library/app:1`. */
  readonly name?: string;
}

const commitRequest = object(
  { container: filledText, name: filledText, author: text, message: text, changes: texts },
  ['container'],
);

/**
 * Processes of the container are not paused: what they write at this moment may be in the image or not.
 * @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, DOCKERFILE_* for a change, SANDBOX_*, STORE_*, ABORTED
 */
export async function commitContainer(
  request: CommitContainerRequest,
  options: BuildOptions = {},
): Promise<CommittedImage> {
  commitRequest(request, 'request');
  const name = request.name === undefined ? undefined : canonicalReference(parseImageName(request.name));
  return onContainer(request.container, options, async ({ host, record, engine, signal }) => {
    const { store, now } = engine;
    const base = storedImage(store, record.image);
    // What is wrong with the changes is said before anything is read.
    const { author = '', message = '', changes = [] } = request;
    const platform = base.manifest.platform ?? base.config;
    const config = withChanges(configOf(base, record.config), changes, platform);
    const layer = await withContainerFiles(host, record, (files, tree) => files.commit(tree, signal));
    const created = new Date(now() * 1000).toISOString();
    const image = finishImage(
      {
        platform,
        config,
        ...(author !== '' && { author }),
        history: [...(base.config.history ?? []), historyRow(record, { created, author, message })],
      },
      [...base.layers, madeLayer(layer, created)],
      {},
    );
    await keepImage(store, image, name, signal);
    return { id: image.configDigest, digest: image.manifest.digest, ...(name !== undefined && { name }) };
  });
}

/** The image's config with what the container was run with, as docker keeps it. */
function configOf({ config: { config: of = {} } }: Image, own: ContainerConfig): ImageContainerConfig {
  const setOf = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, {}]));
  const health = own.healthcheck;
  return {
    ...of,
    User: own.user,
    Env: own.env.filter((variable) => variable.includes('=')),
    Entrypoint: own.entrypoint.length > 0 ? own.entrypoint : null,
    Cmd: own.cmd.length > 0 ? own.cmd : null,
    WorkingDir: own.workingDir,
    Labels: own.labels,
    ExposedPorts: setOf(own.exposedPorts),
    Volumes: setOf(own.volumes),
    ...(of.StopSignal !== undefined || own.stopSignal !== 'SIGTERM' ? { StopSignal: own.stopSignal } : {}),
    ...(health && {
      Healthcheck: {
        Test: health.test,
        Interval: health.interval,
        Timeout: health.timeout,
        StartPeriod: health.startPeriod,
        StartInterval: health.startInterval,
        Retries: health.retries,
      },
    }),
  } as ImageContainerConfig;
}

function historyRow(
  { config: { entrypoint, cmd } }: ContainerRecord,
  {
    created,
    author,
    message,
  }: { readonly created: string; readonly author: string; readonly message: string },
) {
  return {
    created,
    created_by: [...entrypoint, ...cmd].join(' '),
    ...(author !== '' && { author }),
    ...(message !== '' && { comment: message }),
  };
}

async function keepImage(
  store: Parameters<typeof storedImage>[0],
  image: Image,
  name: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  await store.putSmallBlobs([image.configBytes, image.manifestBytes]);
  // What is below is not pruned before the name holds it.
  for (const { descriptor } of image.layers) store.hasBlob(descriptor.digest);
  await (name === undefined
    ? listNameless(store.paths, image.manifest, signal)
    : nameImage(store.paths, image.manifest, [name], signal));
}
