// `tsbuild manifest create`: joins images that exist into one index, or copies one, and gives it names.
import { resolve } from 'node:path';
import type { BuildOptions } from '../build-options.js';
import { TsbuildError } from '../core/errors.js';
import type { Digest } from '../core/digest.js';
import { readSmallFile } from '../host/read-small-file.js';
import { replaceFile } from '../export/replace-file.js';
import { assembleIndex, type AssembledIndex, type IndexAnnotation } from '../oci/assemble-index.js';
import { parseManifestSource } from '../oci/manifest-source.js';
import { platformOfNode, type Platform } from '../oci/platform.js';
import { canonicalReference, parseImageName, repositoryName, type Reference } from '../oci/reference.js';
import { parseIndexAnnotations } from '../plan/index-annotations.js';
import { onEngine, type OpenCommand } from './on-engine.js';
import { createManifestRequest } from './request-checks.js';

export interface CreateManifestRequest {
  /** References, digests, `oci-layout://PATH[:TAG]`, descriptors as JSON. */
  readonly sources: readonly string[];
  /** Files that hold one source each; they come before `sources`. */
  readonly files?: readonly string[];
  /** Names of the result; none only in a dry run. */
  readonly tags?: readonly string[];
  /** What the first tag stands for is the first source. */
  readonly isAppended?: boolean;
  /** `index:KEY=VALUE`, `manifest-descriptor[PLATFORM]:KEY=VALUE` */
  readonly annotations?: readonly string[];
  /** False leaves a single manifest as it is. Default true. */
  readonly isIndexPreferred?: boolean;
  /** Entries of other platforms are left out; none keeps all. */
  readonly platforms?: readonly Platform[];
  /** Nothing is written to a registry. */
  readonly isDryRun?: boolean;
  readonly metadataFile?: string;
}

export interface CreatedManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** The manifest itself. */
  readonly bytes: Uint8Array;
  /** `docker.io/library/app:1`; none after a dry run. */
  readonly names: readonly string[];
}

const MAX_SOURCE_BYTES = 1 << 20;

/**
 * @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED, REGISTRY_*, CREDENTIALS_INVALID, CONTEXT_NOT_FOUND,
 * CONTEXT_UNREADABLE, OUTPUT_FAILED, ABORTED
 */
export function createManifest(
  request: CreateManifestRequest,
  options: BuildOptions = {},
): Promise<CreatedManifest> {
  createManifestRequest(request, 'request');
  return onEngine(options, async (open) => {
    const { tags, texts, annotations } = readRequest(request, open.cwd);
    const { signal, cwd, engine, emit } = open;
    const [{ resolveSources }, client] = await Promise.all([
      import('../export/registry/resolve-sources.js'),
      engine.registry(),
    ]);
    const sources = await resolveSources(texts.map(parseManifestSource), { client, cwd, tags, signal });
    const { isIndexPreferred = true, platforms = [] } = request;
    const assembled = assembleIndex(sources, { annotations, isIndexPreferred, platforms });
    for (const unused of assembled.unusedAnnotations)
      emit({ kind: 'warning', message: `the annotation ${unused.key} has no place in the result` });
    if (request.isDryRun) return created(assembled, []);
    const { publishManifest } = await import('../export/registry/copy-manifest.js');
    await publishManifest(assembled, tags, await engine.writer(), { signal, emit, now: engine.now });
    await writeMetadata(request, assembled, tags, open);
    return created(assembled, tags);
  });
}

interface ReadRequest {
  readonly tags: readonly Reference[];
  readonly texts: readonly string[];
  readonly annotations: readonly IndexAnnotation[];
}

function readRequest(request: CreateManifestRequest, cwd: string): ReadRequest {
  const { sources, files = [], tags: tagTexts = [], isAppended = false, isDryRun = false } = request;
  if (sources.length === 0 && files.length === 0)
    throw new TsbuildError('OPTION_INVALID', 'no sources specified', {
      hint: 'name the images to join: tsbuild manifest create -t APP:1 APP@sha256:… APP@sha256:…',
    });
  const tags = tagTexts.map(parseTag);
  if (tags.length === 0 && (!isDryRun || isAppended))
    throw new TsbuildError(
      'OPTION_INVALID',
      isAppended
        ? "can't append with no tags specified, please set --tag"
        : "can't push with no tags specified, please set --tag or --dry-run",
    );
  const texts = [
    ...(isAppended ? [canonicalReference(tags[0]!)] : []),
    ...files.map((file) => readSource(file, cwd)),
    ...sources,
  ];
  const local = platformOfNode(process.arch);
  return { tags, texts, annotations: parseIndexAnnotations(request.annotations ?? [], local) };
}

function parseTag(text: string): Reference {
  if (!text.startsWith('oci-layout://')) return parseImageName(text);
  throw new TsbuildError('OPTION_UNSUPPORTED', `${text}: a manifest is written to a registry only`, {
    hint: 'write a layout with skopeo copy --all docker://NAME oci:DIRECTORY',
  });
}

function readSource(file: string, cwd: string): string {
  const bytes = readSmallFile({ path: resolve(cwd, file), name: file, maxBytes: MAX_SOURCE_BYTES });
  if (bytes) return bytes.toString('utf8');
  throw new TsbuildError('CONTEXT_NOT_FOUND', `cannot read ${file}: no such file`);
}

/** As buildx writes it, and the digest beside the descriptor. */
async function writeMetadata(
  { metadataFile }: CreateManifestRequest,
  { descriptor }: AssembledIndex<unknown>,
  tags: readonly Reference[],
  { cwd }: OpenCommand,
): Promise<void> {
  if (metadataFile === undefined) return;
  const metadata = {
    'containerimage.descriptor': descriptor,
    'containerimage.digest': descriptor.digest,
    'image.name': [...new Set(tags.map(repositoryName))].sort().join(','),
  };
  await replaceFile(resolve(cwd, metadataFile), (file) =>
    file.writeFile(`${JSON.stringify(metadata, null, 2)}\n`),
  );
}

function created(
  { descriptor: { digest, mediaType }, bytes }: AssembledIndex<unknown>,
  tags: readonly Reference[],
): CreatedManifest {
  return { digest, mediaType, bytes, names: tags.map(canonicalReference) };
}
