// Config and manifest of the built image out of the final state of its stage, as BuildKit's exporter writes them
// (exporter/containerimage/writer.go).
import type { DiffId } from '../core/digest.js';
import type { Platform } from './platform.js';
import {
  MEDIA,
  type ContainerConfig,
  type Descriptor,
  type HistoryEntry,
  type ImageConfig,
  type ImageManifest,
} from './types.js';

/** A layer of the image as far as the config is concerned. */
export interface LayerFacts {
  readonly diffId: DiffId;
  /** RFC 3339; absent for layers of a base image. */
  readonly created?: string;
}

export interface ConfigInput {
  readonly platform: Platform;
  readonly config: ContainerConfig;
  readonly author?: string;
  readonly history: readonly HistoryEntry[];
  readonly layers: readonly LayerFacts[];
  /** SOURCE_DATE_EPOCH as RFC 3339. */
  readonly epoch?: string;
}

const FIELDS: readonly (keyof ContainerConfig)[] = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'ArgsEscaped',
  'Healthcheck',
  'Shell',
  'OnBuild',
];

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** As Go's `omitempty` leaves members out, known members only. */
function compactConfig(config: ContainerConfig): ContainerConfig {
  const members = FIELDS.filter((field) => !isEmpty(config[field])).map(
    (field) => [field, config[field]] as const,
  );
  const compact = Object.fromEntries(members) as ContainerConfig;
  if (!compact.Healthcheck) return compact;
  const check = Object.fromEntries(
    Object.entries(compact.Healthcheck).filter(([, value]) => !isEmpty(value)),
  );
  return { ...compact, Healthcheck: check };
}

/** Fills the times in, and rows for layers that the history does not speak of (normalizeLayersAndHistory). */
export function completeHistory(
  history: readonly HistoryEntry[],
  layers: readonly LayerFacts[],
): HistoryEntry[] {
  const rows = history.map((entry) => ({ ...entry }));
  // Of more rows than layers the last ones have none.
  for (const entry of rows.filter((row) => !row.empty_layer).slice(layers.length)) entry.empty_layer = true;
  const missing = layers.slice(rows.filter((entry) => !entry.empty_layer).length);
  let index = 0;
  for (const entry of rows) {
    if (entry.empty_layer) continue;
    const created = layers[index++]?.created;
    if (entry.created === undefined && created !== undefined) entry.created = created;
  }
  rows.push(
    ...missing.map((layer) => ({
      ...(layer.created ? { created: layer.created } : {}),
      comment: 'buildkit.exporter.image.v0',
    })),
  );
  return fillTimes(rows);
}

type Row = { -readonly [K in keyof HistoryEntry]: HistoryEntry[K] };

/** Rows without a time get the first new layer's, or the time of the row before. */
function fillTimes(rows: Row[]): HistoryEntry[] {
  const firstUnknown = rows.findIndex((entry) => entry.created === undefined);
  if (firstUnknown < 0) return rows;
  const after = rows.slice(firstUnknown).find((entry) => entry.created !== undefined)?.created;
  let time = after ?? rows.slice(0, firstUnknown).at(-1)?.created;
  for (const entry of rows.slice(firstUnknown)) {
    if (entry.created !== undefined) time = entry.created;
    else if (time !== undefined) entry.created = time;
  }
  return rows;
}

function clampTime(created: string | undefined, epoch: string): string {
  return created === undefined || new Date(created) > new Date(epoch) ? epoch : created;
}

export function assembleConfig(input: ConfigInput): ImageConfig {
  const history = completeHistory(input.history, input.layers);
  const last = history.at(-1)?.created;
  const created = input.epoch === undefined ? last : clampTime(last, input.epoch);
  return {
    architecture: input.platform.architecture,
    ...(input.author ? { author: input.author } : {}),
    config: compactConfig(input.config),
    ...(created === undefined ? {} : { created }),
    history: history.map(compactRow),
    os: input.platform.os,
    ...(input.platform.osVersion ? { 'os.version': input.platform.osVersion } : {}),
    rootfs: { type: 'layers', diff_ids: input.layers.map((layer) => layer.diffId) },
    ...(input.platform.variant ? { variant: input.platform.variant } : {}),
  };
}

function compactRow(entry: HistoryEntry): HistoryEntry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => !isEmpty(value)));
}

export function assembleManifest(
  config: Descriptor,
  layers: readonly Descriptor[],
  annotations: Readonly<Record<string, string>> = {},
): ImageManifest {
  return {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config,
    layers,
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
}

/** The same image in Docker's words, which have no annotations: image manifest version 2, schema 2. */
export function toDockerManifest({ config, layers }: ImageManifest): ImageManifest {
  return {
    schemaVersion: 2,
    mediaType: MEDIA.dockerManifest,
    config: { ...config, mediaType: MEDIA.dockerConfig },
    layers: layers.map((layer) => inWordsOf(DOCKER_LAYER_OF, layer)),
  };
}

const OCI_LAYER_OF: Readonly<Record<string, string>> = {
  [MEDIA.dockerLayer]: MEDIA.ociLayer,
  [MEDIA.dockerLayerGzip]: MEDIA.ociLayerGzip,
  [MEDIA.dockerLayerZstd]: MEDIA.ociLayerZstd,
  [MEDIA.dockerForeignLayer]: MEDIA.ociForeignLayer,
  [MEDIA.dockerForeignLayerGzip]: MEDIA.ociForeignLayerGzip,
};

const FOREIGN_TYPES: ReadonlySet<string> = new Set([
  MEDIA.ociForeignLayer,
  MEDIA.ociForeignLayerGzip,
  MEDIA.dockerForeignLayer,
  MEDIA.dockerForeignLayerGzip,
]);

const DOCKER_LAYER_OF: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(OCI_LAYER_OF).map(([docker, oci]) => [oci, docker]),
);

/** A layer descriptor of any manifest as it stands in an OCI manifest: same bytes, OCI's media type. */
export function toOciLayer(layer: Descriptor): Descriptor {
  return inWordsOf(OCI_LAYER_OF, layer);
}

/**
 * Whether registries are not to keep it: its bytes are had from `urls` (descriptor.md and layer.md,
 * "non-distributable").
 */
export function isForeignLayer({ mediaType }: Descriptor): boolean {
  return FOREIGN_TYPES.has(mediaType);
}

function inWordsOf(types: Readonly<Record<string, string>>, layer: Descriptor): Descriptor {
  const { digest, size, urls } = layer;
  const mediaType = types[layer.mediaType] ?? layer.mediaType;
  // Elsewhere the addresses of a base are of no use to others.
  return { mediaType, digest, size, ...(urls && isForeignLayer(layer) && { urls }) };
}
