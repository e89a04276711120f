// A line of a list of images: what its documents say, per name.
import type { Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { formatPlatform } from '../oci/platform.js';
import { familiarName, parseReference } from '../oci/reference.js';
import type { ImageName } from '../store/image-names.js';
import type { Store } from '../store/store.js';
import type { Image } from './image.js';
import { localImages, openLocalImage, openLocalImages, type LocalImage } from './local-image.js';
import { isIndex } from './stored-entries.js';

export interface ImageSummary {
  /** Fully qualified: `docker.io/library/app:1`. Absent for an image without a name. */
  readonly name?: string;
  /** As docker shows it: `app`, `registry.test/team/app`. */
  readonly repository?: string;
  /** Absent for an image that is named by a digest. */
  readonly tag?: string;
  /** Of the config; of an image for several platforms that of its index. */
  readonly id: Digest;
  /** Of the manifest, or the index, in the store. */
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
  /** `linux/arm/v7`; of several platforms `linux/amd64, linux/arm64` */
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
      return summariesOf(image, openLocalImages(store, image), openLocalImage(store, image));
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

/** @param shown the image of this machine, whose labels are shown */
function summariesOf(
  { names, manifest }: LocalImage,
  images: readonly Image[],
  shown: Image,
): readonly ImageSummary[] {
  const created = latest(images);
  return names.map((name) => ({
    ...nameParts(name),
    id: isIndex(manifest) ? manifest.digest : shown.configDigest,
    digest: manifest.digest,
    ...(created !== undefined && { created }),
    size: sizeOf({ layers: distinctLayers(images) }),
    platform: images.map(({ config }) => formatPlatform(config)).join(', '),
    labels: shown.config.config?.Labels ?? {},
  }));
}

function latest(images: readonly Image[]): string | undefined {
  const times = images.flatMap(({ config }) => config.created ?? []);
  return times.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
}

/** What platforms share lies in the store once; equal layers of one image count as often as it has them. */
function distinctLayers([first, ...others]: readonly Image[]): Image['layers'] {
  if (!first || others.length === 0) return first?.layers ?? [];
  const all = [first, ...others].flatMap(({ layers }) => layers);
  return [...new Map(all.map((layer) => [layer.descriptor.digest, layer])).values()];
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
