// Brings an image of a registry into the store and gives it its name there.
import { filledText, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { closeAfter } from '../core/close-after.js';
import type { Digest } from '../core/digest.js';
import { sideBySide } from '../core/side-by-side.js';
import { reportStep } from '../core/step-events.js';
import type { Image } from '../images/image.js';
import { createLayerFiles, LAYERS_AT_A_TIME } from '../images/layer-files.js';
import { parseNameOfImage } from '../images/local-image.js';
import { resolveRemotely } from '../images/resolve-image.js';
import { formatPlatform, platformOfNode, type Platform } from '../oci/platform.js';
import { canonicalReference, withDefaultTag, withDigest } from '../oci/reference.js';
import { findImage, nameImage, withRegistryDigest } from '../store/image-names.js';
import { rememberBlobs } from '../store/known-blobs.js';
import { platform as validPlatform } from '../validate-arguments.js';
import { onEngine, type OpenCommand } from './on-engine.js';

export interface PullRequest {
  /** As a user writes it: `alpine:3.20`, `registry.test/app@sha256:…`. `latest` when it has neither tag nor digest. */
  readonly image: string;
  /** Default that of this machine. */
  readonly platform?: Platform;
}

export interface PulledImage {
  /** Its name in the store: `docker.io/library/alpine:3.20`. */
  readonly name: string;
  /** Of what the registry has under that name: an index, or the manifest. */
  readonly registryDigest: Digest;
  /** Of the manifest for the platform. */
  readonly digest: Digest;
  /** Of its config. */
  readonly id: Digest;
  /** Whether the name stood for another image before, or for none. */
  readonly isNew: boolean;
}

const pullRequest = object({ image: filledText, platform: validPlatform }, ['image']);

/**
 * The registry is always asked. All blobs are in the store, verified, when the image gets its name; until then the
 * name stands for what it stood for.
 * @throws TsbuildError REGISTRY_*, CREDENTIALS_INVALID, LAYER_*, STORE_*, IMAGE_INVALID, OPTION_INVALID, ABORTED
 */
export async function pull(request: PullRequest, options: BuildOptions = {}): Promise<PulledImage> {
  pullRequest(request, 'request');
  const { image: text, platform = platformOfNode(process.arch) } = request;
  return onEngine(options, async (open) => {
    const { store, registry, now } = open.engine;
    const reference = withDefaultTag(parseNameOfImage(text));
    const name = canonicalReference(reference.digest ? withDigest(reference, reference.digest) : reference);
    const step = {
      id: `metadata ${name} ${formatPlatform(platform)}`,
      name: `[internal] load metadata for ${name}`,
    };
    const { image, registryDigest } = await reportStep({ emit: open.emit, now }, step, () =>
      resolveRemotely({ store, registry, signal: open.signal }, reference, platform),
    );
    await fetchLayers(open, image);
    const blobs = image.layers.map(({ descriptor }) => descriptor.digest);
    rememberBlobs(store.paths, reference, [image.configDigest, ...blobs]);
    const isNew = findImage(store.paths, name)?.digest !== image.manifest.digest;
    await nameImage(store.paths, withRegistryDigest(image.manifest, registryDigest), [name], open.signal);
    return { name, registryDigest, digest: image.manifest.digest, id: image.configDigest, isNew };
  });
}

/** After a failure no other layer is waited for. */
async function fetchLayers({ engine, signal, emit }: OpenCommand, { layers }: Image): Promise<void> {
  const { store, limits, now, oneByOne } = engine;
  const stop = new AbortController();
  const files = createLayerFiles({
    store,
    limits,
    emit,
    now,
    oneByOne,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  await closeAfter(
    () => sideBySide(layers, LAYERS_AT_A_TIME, (layer) => files.blob(layer)),
    [() => stop.abort(), files.settle],
  );
}
