// The outputs of a build: each request for one goes to its exporter.
import { resolve } from 'node:path';
import type { CompressedLayers } from './compressed-layers.js';
import type { PackedImage } from './export/archive/archive-documents.js';
import { layoutTar, writeLayoutDirectory } from './export/image-archive.js';
import { imageDocuments, packImage, withCreated } from './export/layout-documents.js';
import { writeLocalDirectory } from './export/local-directory.js';
import { loadSpecialFiles, type MakeSpecialFile } from './export/make-special-file.js';
import { treeEntries } from './export/tree-entries.js';
import { writeChunks } from './export/write-chunks.js';
import type { Image } from './images/image.js';
import type { LayerFiles } from './images/layer-files.js';
import { formLayers } from './layer-forms.js';
import { createTarStream } from './layer/tar/tar-stream.js';
import type { TreeView } from './layer/tree-view.js';
import type { Descriptor, ImageAnnotations } from './oci/types.js';
import type { Pushes } from './open-pushes.js';
import type { Compression, OutputRequest } from './plan/request.js';
import { isPush, type PushOutput } from './push-targets.js';
import type { Store } from './store/store.js';

export interface OutputSource {
  readonly image: Image;
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  readonly annotations: ImageAnnotations;
  readonly pushes: Pushes;
  /**
   * The merged tree; the contents of its files are in tars of the store that were verified.
   * @throws TsbuildError STORE_CORRUPT
   */
  openTree(): Promise<TreeView>;
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
}

type ArchiveOutput = Extract<OutputRequest, { type: 'oci' | 'docker'; dest: string }>;
type EngineOutput = Extract<OutputRequest, { type: 'docker'; dest?: undefined }>;

/**
 * Descriptor of the manifest as exported, when the output is an image.
 * @throws TsbuildError OUTPUT_FAILED, STORE_*, ABORTED
 */
export async function writeOutput(
  output: OutputRequest,
  source: OutputSource,
  target: OutputTarget,
): Promise<Descriptor | undefined> {
  switch (output.type) {
    case 'image':
      if (!isPush(output)) return undefined;
      return pushImage(output, source);
    case 'cacheonly':
      return undefined;
    case 'oci':
    case 'docker':
      if (output.dest === undefined)
        return target.report('loading to a container engine', () => loadImage(output, source, target));
      return target.report(`exporting to ${output.type} image format`, () =>
        writeArchive(output, source, target),
      );
    case 'local':
      return target.report('exporting to client directory', () => writeFiles(output.dest, source, target));
    case 'tar':
      return target.report('exporting to client tarball', () => writeTar(output.dest, source, target));
  }
}

async function pushImage(
  output: PushOutput,
  { image, annotations, pushes }: OutputSource,
): Promise<Descriptor> {
  const { ociMediaTypes } = output;
  const form = { image, annotations, ...(ociMediaTypes !== undefined && { ociMediaTypes }) };
  const { manifest, created } = await pushes
    .of(output)
    .finish(image, (layers) => imageDocuments({ ...form, layers }));
  return withCreated(manifest, created);
}

async function writeArchive(
  output: ArchiveOutput,
  { image, names, annotations, compressed }: OutputSource,
  target: OutputTarget,
): Promise<Descriptor> {
  const { type, dest, compression = type === 'oci' ? 'gzip' : 'uncompressed' } = output;
  const layers = await formLayers(image.layers, { ...output, compression }, { ...target, compressed });
  const exported = { image, layers, names, annotations };
  if (output.tar === false)
    return writeLayoutDirectory(type, exported, { ...target, dest: resolve(target.cwd, dest) });
  const { chunks, manifest } = layoutTar(type, exported, target.store);
  await writeChunks(chunks, { ...target, dest });
  return manifest;
}

async function loadImage(
  output: EngineOutput,
  { image, names, annotations, compressed }: OutputSource,
  target: OutputTarget,
): Promise<Descriptor> {
  const { loadIntoEngine } = await import('./export/engine/load-image.js');
  const pack = async (compression: Compression): Promise<PackedImage> => {
    const layers = await formLayers(image.layers, { compression, ...output }, { ...target, compressed });
    return packImage({ image, layers, names, annotations });
  };
  return loadIntoEngine({ image, names, pack }, { ...target, engine: output.engine });
}

async function writeTar(dest: string, source: OutputSource, target: OutputTarget): Promise<undefined> {
  const { openTar } = target.store;
  const entries = treeEntries(await source.openTree());
  const { chunks } = createTarStream(entries, { whiteouts: false, openTar, areTarsVerified: true });
  await writeChunks(chunks, { ...target, dest });
}

async function writeFiles(dest: string, source: OutputSource, target: OutputTarget): Promise<undefined> {
  const { cwd, store, signal } = target;
  const skipped = await writeLocalDirectory(treeEntries(await source.openTree()), {
    dest: resolve(cwd, dest),
    signal,
    store,
    makeSpecialFile: onDemand(loadSpecialFiles),
  });
  if (skipped.length > 0)
    target.note(`${skipped.length} devices or FIFOs are not in ${dest}: ${skipped.slice(0, 3).join(', ')}`);
}

/** Few trees have any. */
function onDemand(load: () => MakeSpecialFile): MakeSpecialFile {
  let make: MakeSpecialFile | undefined;
  return (path, node) => (make ??= load())(path, node);
}
