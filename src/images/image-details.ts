// What `docker image inspect` says of an image, with its members (moby's api/types/image, InspectResponse); those of a
// daemon's storage driver are left out.
import { familiarName, familiarReference, parseReference } from '../oci/reference.js';
import type { ContainerConfig, Descriptor, ImageConfig } from '../oci/types.js';
import type { Image } from './image.js';
import { sizeOf } from './image-summary.js';
import type { LocalImage } from './local-image.js';

export interface ImageDetails {
  /** Of the config. */
  readonly Id: string;
  /** As docker shows them: `app:1`. */
  readonly RepoTags: readonly string[];
  /** `app@sha256:…`: what the registry had under a name when it was pulled. */
  readonly RepoDigests: readonly string[];
  readonly Comment: string;
  /** RFC 3339. */
  readonly Created?: string;
  readonly Author: string;
  readonly Config: ContainerConfig;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  /** As `ImageSummary.size`. */
  readonly Size: number;
  readonly RootFS: { readonly Type: 'layers'; readonly Layers: readonly string[] };
  readonly Metadata: { readonly LastTagTime: string };
  /** Of the manifest in the store. */
  readonly Descriptor: Descriptor;
}

/** Docker's word for never: times of names are not kept. */
const NEVER = '0001-01-01T00:00:00Z';

/** What docker prints of a config that does not say it. */
const EMPTY_CONFIG = {
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
} as unknown as ContainerConfig;

/** Pure. */
export function detailsOf({ names }: LocalImage, image: Image): ImageDetails {
  const { config, manifest, configDigest } = image;
  const references = names.flatMap(({ name }) => (name === undefined ? [] : [parseReference(name)]));
  return {
    Id: configDigest,
    RepoTags: references.filter(({ tag }) => tag !== undefined).map(familiarReference),
    RepoDigests: repositoryDigests(names),
    Comment: commentOf(config),
    ...(config.created !== undefined && { Created: config.created }),
    Author: config.author ?? '',
    Config: { ...EMPTY_CONFIG, ...config.config },
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    ...(config['os.version'] ? { OsVersion: config['os.version'] } : {}),
    Size: sizeOf(image),
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: NEVER },
    Descriptor: manifest,
  };
}

function repositoryDigests(names: LocalImage['names']): readonly string[] {
  const digests = names.flatMap(({ name, registryDigest }) =>
    name === undefined || !registryDigest ? [] : [`${familiarName(parseReference(name))}@${registryDigest}`],
  );
  return [...new Set(digests)];
}

/** That of the image, else that of its last step. */
function commentOf(config: ImageConfig & { readonly comment?: unknown }): string {
  if (typeof config.comment === 'string' && config.comment !== '') return config.comment;
  return config.history?.at(-1)?.comment ?? '';
}
