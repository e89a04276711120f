// A line of a list of images: what its documents say, per name.
import type { Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { formatPlatform } from '../oci/platform.js';
import { familiarName, parseReference } from '../oci/reference.js';
import type { ImageName } from '../store/image-names.js';
import type { Store } from '../store/store.js';
import type { Image } from './image.js';
import { localImages, openLocalImage, type LocalImage } from './local-image.js';

export interface ImageSummary {
  /** Fully qualified: `docker.io/library/app:1`. Absent for an image without a name. */
  readonly name?: string;
  /** As docker shows it: `app`, `registry.test/team/app`. */
  readonly repository?: string;
  /** Absent for an image that is named by a digest. */
  readonly tag?: string;
  /** Of the config. */
  readonly id: Digest;
  /** Of the manifest in the store. */
  readonly digest: Digest;
  /** Of what the registry had under the name when the image was pulled. */
  readonly registryDigest?: Digest;
  /** RFC 3339. */
  readonly created?: string;
  /**
   * Bytes of its layers as they lie in the store: tars where they were made here, as the registry has them, mostly
   * compressed, where they come from a base.
   */
  readonly size: number;
  /** `linux/arm64/v8` */
  readonly platform: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Summaries {
  /** The youngest first; those of one time by name. */
  readonly images: readonly ImageSummary[];
  /** A sentence for each image that cannot be read. */
  readonly damaged: readonly string[];
}

/** @throws TsbuildError STORE_CORRUPT for a damaged list of names, STORE_UNWRITABLE */
export function summariseImages(store: Store): Summaries {
  const damaged: string[] = [];
  const images = localImages(store).flatMap((image) => {
    try {
      return summariesOf(image, openLocalImage(store, image));
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code === 'STORE_UNWRITABLE') throw error;
      damaged.push(`${error.message}; ${error.hint ?? 'build or pull it again'}`);
      return [];
    }
  });
  return { images: images.toSorted(byAge), damaged };
}

export function sizeOf({ layers }: Pick<Image, 'layers'>): number {
  return layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
}

function summariesOf({ names, manifest }: LocalImage, image: Image): readonly ImageSummary[] {
  const { config, configDigest } = image;
  const { os, architecture, variant } = config;
  return names.map((name) => ({
    ...nameParts(name),
    id: configDigest,
    digest: manifest.digest,
    ...(config.created !== undefined && { created: config.created }),
    size: sizeOf(image),
    platform: formatPlatform({ os, architecture, ...(variant && { variant }) }),
    labels: config.config?.Labels ?? {},
  }));
}

function nameParts({
  name,
  registryDigest,
}: ImageName): Pick<ImageSummary, 'name' | 'repository' | 'tag' | 'registryDigest'> {
  if (name === undefined) return {};
  const reference = parseReference(name);
  return {
    name,
    repository: familiarName(reference),
    ...(reference.tag !== undefined && { tag: reference.tag }),
    ...(registryDigest && { registryDigest }),
  };
}

function byAge(a: ImageSummary, b: ImageSummary): number {
  return timeOf(b) - timeOf(a) || (a.name ?? '').localeCompare(b.name ?? '', 'en');
}

/** Milliseconds; 0 when the image does not say when it was made. */
export function timeOf({ created }: Pick<ImageSummary, 'created'>): number {
  return created === undefined ? 0 : Date.parse(created);
}
