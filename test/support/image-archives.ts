// Archives of one small image in every format that tools write, as entries, so that tests can damage them.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { makeEvilImage, sha256Of, type BuiltEvilImage } from './evil-image.js';
import { evilTar, type EvilEntry } from './evil-tars.js';

/** Two different layers; the first stands twice in the image. */
const LOWER = evilTar([
  { name: 'etc', type: 'dir' },
  { name: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\n' },
]);
const UPPER = evilTar([{ name: 'app', content: 'hello\n' }]);
export const LAYERS: readonly Buffer[] = [LOWER, UPPER, LOWER];

export const DIFF_IDS = LAYERS.map(sha256Of);

export interface ArchiveOptions {
  readonly layers?: readonly Buffer[];
  /** Laid over the image config. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly name?: string;
}

const hexOf = (digest: string): string => digest.slice('sha256:'.length);
const json = (value: unknown): string => JSON.stringify(value);

export function configOf({ layers = LAYERS, config = {} }: ArchiveOptions = {}): string {
  return json({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: layers.map(sha256Of) },
    history: layers.map(() => ({ created_by: 'test' })),
    ...config,
  });
}

/**
 * As docker 20.10 saves it: `ID/layer.tar`, `ID/json`, `ID/VERSION` per layer, a link for a layer that stands twice,
 * and documents at the end.
 */
export function legacyEntries(options: ArchiveOptions = {}): EvilEntry[] {
  const { layers = LAYERS, name = 'app:1' } = options;
  const config = configOf(options);
  const ids = layers.map((_, i) => createHash('sha256').update(`layer ${i}`).digest('hex'));
  const first = new Map<string, string>();
  const files = layers.flatMap((layer, i): EvilEntry[] => {
    const id = ids[i]!;
    const same = first.get(sha256Of(layer));
    first.set(sha256Of(layer), same ?? id);
    return [
      { name: `${id}/`, type: 'dir' },
      { name: `${id}/VERSION`, content: '1.0' },
      { name: `${id}/json`, content: json({ id, ...(i > 0 && { parent: ids[i - 1] }) }) },
      same === undefined
        ? { name: `${id}/layer.tar`, content: layer }
        : { name: `${id}/layer.tar`, type: 'symlink', link: `../${same}/layer.tar` },
    ];
  });
  const configName = `${hexOf(sha256Of(Buffer.from(config)))}.json`;
  const [repository = '', tag = ''] = name.split(':');
  const row = { Config: configName, RepoTags: [name], Layers: ids.map((id) => `${id}/layer.tar`) };
  return [
    ...files,
    { name: configName, content: config },
    { name: 'manifest.json', content: json([row]) },
    { name: 'repositories', content: json({ [repository]: { [tag]: ids.at(-1) } }) },
  ];
}

/** The image as blobs with gzip layers. */
export function blobsOf(options: ArchiveOptions = {}): BuiltEvilImage {
  const { layers = LAYERS } = options;
  return makeEvilImage({ layers, config: JSON.parse(configOf(options)) as Record<string, unknown> });
}

function blobEntries({ blobs }: BuiltEvilImage): EvilEntry[] {
  return [
    { name: 'blobs/', type: 'dir' },
    { name: 'blobs/sha256/', type: 'dir' },
    ...[...blobs].map(([digest, content]) => ({ name: `blobs/sha256/${hexOf(digest)}`, content })),
  ];
}

const LAYOUT: EvilEntry = { name: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) };

/** An OCI layout; documents before blobs, as no tool has to order them. */
export function layoutEntries(options: ArchiveOptions = {}): EvilEntry[] {
  const image = blobsOf(options);
  const annotations = {
    'io.containerd.image.name': `docker.io/library/${options.name ?? 'app:1'}`,
    'org.opencontainers.image.ref.name': '1',
  };
  const index = { schemaVersion: 2, manifests: [{ ...image.manifest, annotations }] };
  return [LAYOUT, { name: 'index.json', content: json(index) }, ...blobEntries(image)];
}

/** As docker 25 and tsbuild write it: both formats over the same blobs. */
export function bothEntries(options: ArchiveOptions = {}): EvilEntry[] {
  const { document } = blobsOf(options);
  const { config, layers } = document as { config: { digest: string }; layers: { digest: string }[] };
  const path = (digest: string) => `blobs/sha256/${hexOf(digest)}`;
  const row = {
    Config: path(config.digest),
    RepoTags: [options.name ?? 'app:1', 'app:latest'],
    Layers: layers.map(({ digest }) => path(digest)),
  };
  return [...layoutEntries(options), { name: 'manifest.json', content: json([row]) }];
}

/** As skopeo writes `dir:`: the manifest, and blobs by their digests beside it. */
export function dirEntries(options: ArchiveOptions = {}): EvilEntry[] {
  const { blobs, document, manifest } = blobsOf(options);
  const others = [...blobs].filter(([digest]) => digest !== manifest.digest);
  return [
    { name: 'version', content: 'Directory Transport Version: 1.1\n' },
    { name: 'manifest.json', content: json(document) },
    ...others.map(([digest, content]) => ({ name: hexOf(digest), content })),
  ];
}

/** An index of manifests for several platforms, as `buildx --platform` exports it. */
export function platformEntries(platforms: readonly { os: string; architecture: string }[]): EvilEntry[] {
  const images = platforms.map((platform) => ({ platform, image: blobsOf({ config: platform }) }));
  const manifests = images.map(({ platform, image }) => ({ ...image.manifest, platform }));
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const list = Buffer.from(json({ schemaVersion: 2, mediaType, manifests }));
  const top = {
    mediaType,
    digest: sha256Of(list),
    size: list.length,
    annotations: { 'io.containerd.image.name': 'docker.io/library/app:1' },
  };
  const blobs = new Map(images.flatMap(({ image }) => [...image.blobs]));
  blobs.set(top.digest, list);
  return [
    LAYOUT,
    { name: 'index.json', content: json({ schemaVersion: 2, manifests: [top] }) },
    ...[...blobs].map(([digest, content]) => ({ name: `blobs/sha256/${hexOf(digest)}`, content })),
  ];
}

export function gzipped(tar: Buffer): Buffer {
  return gzipSync(tar, { level: 1 });
}
