// The outputs of a build: each request for one goes to its exporter.
import { resolve } from 'node:path';
import type { CompressedLayers } from './compressed-layers.js';
import {
  describeImage,
  exportedRoot,
  rootOptionsOf,
  type BuildDescription,
  type ExportedRoot,
} from './describe-build.js';
import type { PackedRoot } from './export/archive/archive-documents.js';
import { archiveTar, writeLayoutDirectory } from './export/image-archive.js';
import { rootDocuments } from './export/index-documents.js';
import { writeLocalDirectory } from './export/local-directory.js';
import { loadSpecialFiles, type MakeSpecialFile } from './export/make-special-file.js';
import { packRoot, type DescribedBuild } from './export/pack-root.js';
import type { PlatformFiles } from './export/platform-folders.js';
import { treeEntries } from './export/tree-entries.js';
import { writeChunks } from './export/write-chunks.js';
import type { Image } from './images/image.js';
import type { LayerFiles } from './images/layer-files.js';
import { formLayers } from './layer-forms.js';
import type { LayerEntry } from './layer/entry.js';
import { createTarStream } from './layer/tar/tar-stream.js';
import type { TreeView } from './layer/tree-view.js';
import { platformOfDescriptor } from './oci/descriptor.js';
import { formatPlatform } from './oci/platform.js';
import type { Descriptor } from './oci/types.js';
import type { Pushes } from './open-pushes.js';
import type { Compression, OutputRequest } from './plan/request.js';
import type { PushedDocuments } from './push-outputs.js';
import { isPush, type PushOutput } from './push-targets.js';
import type { Store } from './store/store.js';

export interface OutputSource extends BuildDescription {
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  readonly pushes: Pushes;
  /**
   * The merged tree of an image; the contents of its files are in tars of the store that were verified.
   * @throws TsbuildError STORE_CORRUPT
   */
  openTree(image: Image): Promise<TreeView>;
  /** The compressed form of a layer that was made here, in the store. */
  readonly compressed: CompressedLayers;
}

export interface OutputTarget {
  readonly store: Pick<Store, 'blobSize' | 'openBlob' | 'openTar'>;
  readonly files: Pick<LayerFiles, 'tar'>;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Asked for only when something is written to it. */
  stdout(): NodeJS.WritableStream;
  readonly signal: AbortSignal;
  /** Brackets the work with the events of a step. */
  report<T>(name: string, work: () => Promise<T>): Promise<T>;
  note(message: string): void;
  /** The same chunks; a row of the step that `report` brackets says how many have passed. */
  shown(
    chunks: AsyncIterable<Buffer>,
    row: { item: string; total?: number | undefined },
  ): AsyncIterable<Buffer>;
}

type ArchiveOutput = Extract<OutputRequest, { type: 'oci' | 'docker'; dest: string }>;
type FilesOutput = Extract<OutputRequest, { type: 'local' | 'tar' }>;
type EngineOutput = Extract<OutputRequest, { type: 'docker'; dest?: undefined }>;

/**
 * What was exported, when the output is an image.
 * @throws TsbuildError OUTPUT_FAILED, STORE_*, ABORTED
 */
export async function writeOutput(
  output: OutputRequest,
  source: OutputSource,
  target: OutputTarget,
): Promise<ExportedRoot | undefined> {
  switch (output.type) {
    case 'image':
      if (!isPush(output)) return undefined;
      return pushImages(output, source);
    case 'cacheonly':
      return undefined;
    case 'oci':
    case 'docker':
      if (output.dest === undefined)
        return target.report('loading to a container engine', () => loadImages(output, source, target));
      return target.report(`exporting to ${output.type} image format`, () =>
        writeArchive(output, source, target),
      );
    case 'local':
      return target.report('exporting to client directory', () => writeFiles(output, source, target));
    case 'tar':
      return target.report('exporting to client tarball', () => writeTar(output, source, target));
  }
}

async function pushImages(output: PushOutput, source: OutputSource): Promise<ExportedRoot> {
  const { images, pushes } = source;
  const { ociMediaTypes } = output;
  const describe = async (layers: readonly (readonly Descriptor[])[]): Promise<PushedDocuments> => {
    const builds = await Promise.all(
      images.map((image, place) => describeImage(image, layers[place]!, source, ociMediaTypes)),
    );
    return { builds, ...rootDocuments(builds, rootOptionsOf(source, ociMediaTypes)) };
  };
  return exportedRoot(await pushes.of(output).finish(images, describe), source);
}

async function writeArchive(
  output: ArchiveOutput,
  source: OutputSource,
  target: OutputTarget,
): Promise<ExportedRoot> {
  const { type, dest, compression = type === 'oci' ? 'gzip' : 'uncompressed' } = output;
  const packed = await packImages({ ...output, compression }, source, target);
  if (output.tar === false)
    await writeLayoutDirectory(type, packed, { ...target, dest: resolve(target.cwd, dest) });
  else await writeShown(archiveTar([packed], { format: type }, target.store), dest, target);
  return exportedRoot(packed, source);
}

async function loadImages(
  output: EngineOutput,
  source: OutputSource,
  target: OutputTarget,
): Promise<ExportedRoot> {
  const { loadIntoEngine } = await import('./export/engine/load-image.js');
  const { images, names } = source;
  const pack = (compression: Compression): Promise<PackedRoot> =>
    packImages({ ...output, compression: output.compression ?? compression }, source, target);
  const isIndex = source.isIndex || images.length > 1;
  const packed = await loadIntoEngine({ images, names, isIndex, pack }, { ...target, engine: output.engine });
  return exportedRoot(packed, source);
}

/** Readers of docker's archives know no attestations. */
async function packImages(
  output: (ArchiveOutput | EngineOutput) & { readonly compression: Compression },
  source: OutputSource,
  target: OutputTarget,
): Promise<PackedRoot> {
  const { images, names, annotations, attest, compressed } = source;
  const described = { annotations, ...(attest && output.type === 'oci' && { attest }) };
  const builds: DescribedBuild[] = [];
  for (const image of images) {
    const layers = await formLayers(image.layers, output, { ...target, compressed });
    builds.push(await describeImage(image, layers, described));
  }
  return packRoot(builds, { names, ...rootOptionsOf(source) });
}

async function writeTar(output: FilesOutput, source: OutputSource, target: OutputTarget): Promise<undefined> {
  const { openTar } = target.store;
  const entries = await filesOf(output, source);
  const { chunks } = createTarStream(entries, { whiteouts: false, openTar, areTarsVerified: true });
  await writeShown(chunks, output.dest, target);
}

/** With a row that says where the archive goes and how large it is. */
function writeShown(chunks: AsyncIterable<Buffer>, dest: string, target: OutputTarget): Promise<void> {
  const item = dest === '-' ? 'sending tarball' : `writing ${dest}`;
  return writeChunks(target.shown(chunks, { item }), { ...target, dest });
}

async function writeFiles(
  output: FilesOutput,
  source: OutputSource,
  target: OutputTarget,
): Promise<undefined> {
  const { cwd, store, signal } = target;
  const { dest } = output;
  const skipped = await writeLocalDirectory(await filesOf(output, source), {
    dest: resolve(cwd, dest),
    signal,
    store,
    makeSpecialFile: onDemand(loadSpecialFiles),
  });
  if (skipped.length > 0)
    target.note(`${skipped.length} devices or FIFOs are not in ${dest}: ${skipped.slice(0, 3).join(', ')}`);
}

/** Parents first. Nothing is written of files that cannot be written together. */
async function filesOf({ platformSplit }: FilesOutput, source: OutputSource): Promise<Iterable<LayerEntry>> {
  const { images, isIndex } = source;
  const [first, ...others] = images;
  const isSplit = platformSplit ?? isIndex;
  if (first && others.length === 0 && !isSplit) return entriesOf(first, source, undefined);
  const { mergePlatforms, splitByPlatform } = await import('./export/platform-folders.js');
  const parts: PlatformFiles[] = [];
  for (const image of images) {
    const platform = formatPlatform(platformOfDescriptor(image.config));
    const entries = await entriesOf(image, source, isSplit ? undefined : platform);
    parts.push({ platform, entries: [...entries] });
  }
  return isSplit ? splitByPlatform(parts) : [...mergePlatforms(parts)];
}

/** The files of an image, and beside them what is said of it. */
async function entriesOf(
  image: Image,
  { openTree, claimsOf }: OutputSource,
  platform: string | undefined,
): Promise<Iterable<LayerEntry>> {
  const view = await openTree(image);
  if (!claimsOf) return treeEntries(view);
  const { claimFiles } = await import('./claim-files.js');
  const time = Math.floor(Date.parse(image.config.created ?? '') / 1000) || 0;
  return [...treeEntries(view), ...claimFiles(view, { claims: await claimsOf(image), time, platform })];
}

/** Few trees have any. */
function onDemand(load: () => MakeSpecialFile): MakeSpecialFile {
  let make: MakeSpecialFile | undefined;
  return (path, node) => (make ??= load())(path, node);
}
