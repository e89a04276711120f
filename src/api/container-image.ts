// The image of a container: of the store, or pulled.
import { TsbuildError } from '../core/errors.js';
import type { ContainerImageSource } from '../containers/create-container.js';
import type { ContainerRequest } from '../containers/container-request.js';
import { closeAfter } from '../core/close-after.js';
import { findLocalImage, openLocalImage } from '../images/local-image.js';
import { formatPlatform, platformOfNode } from '../oci/platform.js';
import type { BuildOptions } from '../build-options.js';
import type { OpenCommand } from './on-engine.js';
import { openLayerFiles } from './open-named-image.js';

type Wanted = Pick<ContainerRequest, 'image' | 'platform' | 'pull'>;

/** @throws TsbuildError IMAGE_NOT_FOUND | REGISTRY_* | LAYER_* | STORE_* | ABORTED */
export async function imageOfContainer(
  open: OpenCommand,
  wanted: Wanted,
  options: BuildOptions,
): Promise<ContainerImageSource> {
  const { image: text, platform, pull: when = 'missing' } = wanted;
  if (when === 'always') await pullImage(wanted, options);
  try {
    return await openStored(open, wanted);
  } catch (error) {
    const isMissing =
      error instanceof TsbuildError &&
      (error.code === 'IMAGE_NOT_FOUND' || (error.code === 'REGISTRY_PLATFORM' && platform));
    if (!isMissing || when !== 'missing') throw isMissing ? noSuchImage(error, text) : error;
    await pullImage(wanted, options);
    return openStored(open, wanted);
  }
}

function noSuchImage(error: TsbuildError, text: string): TsbuildError {
  return error.code === 'IMAGE_NOT_FOUND'
    ? error.with({ message: `No such image: ${text}`, hint: error.hint })
    : error;
}

async function pullImage({ image, platform }: Wanted, options: BuildOptions): Promise<void> {
  const { pull } = await import('./pull.js');
  await pull({ image, ...(platform && { platform }) }, options);
}

async function openStored(
  open: OpenCommand,
  { image: text, platform }: Wanted,
): Promise<ContainerImageSource> {
  const { store, registry } = open.engine;
  const found = findLocalImage(store, text);
  const image = openLocalImage(store, found, { registry, ...(platform && { platform }) });
  const files = openLayerFiles(open);
  const layers = await closeAfter(
    () => Promise.all(image.layers.map((layer) => files.stored(layer))),
    [files.settle],
  );
  return {
    name: text,
    manifest: image.manifest.digest,
    config: image.configDigest,
    platform: formatPlatform(image.manifest.platform ?? platformOfNode(process.arch)),
    imageConfig: image.config.config ?? {},
    layers,
  };
}
