// What the sources of a new manifest are: each is looked up where it lies, and gets the platform that it does not name.
import { resolve } from 'node:path';
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { sideBySide } from '../../core/side-by-side.js';
import type { IndexSource } from '../../oci/assemble-index.js';
import { completePlatform } from '../../oci/descriptor.js';
import type { GivenDescriptor, ManifestSource } from '../../oci/manifest-source.js';
import { parseImageConfig } from '../../oci/parse-image-config.js';
import { repositoryName, withDigest, type Reference } from '../../oci/reference.js';
import type { Descriptor } from '../../oci/types.js';
import type { RegistryClient } from '../../registry/client.js';
import type { NamedDocument } from '../../registry/select-image.js';
import { layoutOrigin, readSmallBlob, registryOrigin, type ContentOrigin } from './content-origin.js';

export interface ResolveOptions {
  readonly client: RegistryClient;
  /** Relative paths of layouts are relative to it. */
  readonly cwd: string;
  /** Names of the result: a digest alone may be in their repository. */
  readonly tags: readonly Reference[];
  readonly signal: AbortSignal;
}

/** Where a digest is looked for. */
type Place = (digest: Digest) => ContentOrigin;

const SOURCES_AT_ONCE = 4;

/** In the order of the sources. @throws TsbuildError OPTION_INVALID, REGISTRY_*, CONTEXT_NOT_FOUND, ABORTED */
export async function resolveSources(
  sources: readonly ManifestSource[],
  options: ResolveOptions,
): Promise<IndexSource<ContentOrigin>[]> {
  const origins = originsOf(sources, options);
  const resolved: IndexSource<ContentOrigin>[] = [];
  await sideBySide([...origins.entries()], SOURCES_AT_ONCE, async ([at, origin]) => {
    const source = sources[at]!;
    const given = source.kind === 'descriptor' ? source.descriptor : undefined;
    resolved[at] = await resolveSource(origin, given, options.signal);
  });
  return resolved;
}

function originsOf(
  sources: readonly ManifestSource[],
  { client, cwd, tags }: ResolveOptions,
): ContentOrigin[] {
  const places = placesOf(sources, { client, cwd, tags });
  return sources.map((source) => {
    if (source.kind === 'reference') return registryOrigin(client, source.reference);
    if (source.kind === 'layout')
      return layoutOrigin({ ...source.layout, path: resolve(cwd, source.layout.path) });
    const { digest } = source.descriptor;
    if (places.size === 1) return [...places.values()][0]!(digest);
    throw new TsbuildError(
      'OPTION_INVALID',
      places.size === 0
        ? 'no repositories specified, please set a reference in tag or source'
        : `multiple repositories specified, cannot infer repository for ${digest}`,
      { hint: `write REPOSITORY@${digest}` },
    );
  });
}

/** The repositories and layouts that are spoken of. */
function placesOf(
  sources: readonly ManifestSource[],
  { client, cwd, tags }: Pick<ResolveOptions, 'client' | 'cwd' | 'tags'>,
): ReadonlyMap<string, Place> {
  const references = sources.flatMap((source) => (source.kind === 'reference' ? source.reference : []));
  const layouts = sources.flatMap((source) => (source.kind === 'layout' ? source.layout.path : []));
  return new Map<string, Place>([
    ...[...tags, ...references].map((reference): [string, Place] => [
      repositoryName(reference),
      (digest) => registryOrigin(client, withDigest(reference, digest)),
    ]),
    ...layouts.map((path): [string, Place] => [
      `oci-layout://${resolve(cwd, path)}`,
      (digest) => layoutOrigin({ path: resolve(cwd, path), reference: digest }, digest),
    ]),
  ]);
}

async function resolveSource(
  origin: ContentOrigin,
  given: GivenDescriptor | undefined,
  signal: AbortSignal,
): Promise<IndexSource<ContentOrigin>> {
  const found = await origin.resolve(signal);
  const descriptor = mergeDescriptor(found, given, origin);
  const { bytes, document } = found;
  if (document.kind === 'index') return { descriptor, bytes, index: document.index, origin };
  const { platform } = descriptor;
  if (platform?.os && platform.architecture) return { descriptor, bytes, origin };
  const configBytes = await readSmallBlob(origin, document.manifest.config, signal);
  const config = parseImageConfig(configBytes, origin.name);
  return { descriptor: { ...descriptor, platform: completePlatform(platform, config) }, bytes, origin };
}

/** What was given, where it does not contradict what is there. */
function mergeDescriptor(
  { digest, bytes, document: { mediaType } }: NamedDocument,
  given: GivenDescriptor | undefined,
  { name }: ContentOrigin,
): Descriptor {
  if (given?.size !== undefined && given.size !== bytes.length)
    throw new TsbuildError(
      'OPTION_INVALID',
      `${name}: invalid size mismatch for ${digest}, ${given.size} != ${bytes.length}`,
      { hint: 'correct the descriptor' },
    );
  if (given?.mediaType !== undefined && given.mediaType !== mediaType)
    throw new TsbuildError(
      'OPTION_INVALID',
      `${name}: the descriptor has ${digest} as ${JSON.stringify(given.mediaType)}, but it is ${mediaType}`,
      { hint: 'correct the descriptor' },
    );
  return { ...given, mediaType, digest, size: bytes.length };
}
