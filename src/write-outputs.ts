// The outputs of a build: each request for one goes to its exporter.
import { resolve } from 'node:path';
import { compressedLayer } from './export/compressed-layer.js';
import type { ExportImage } from './export/export-image.js';
import { layoutTar, writeLayoutDirectory, type ArchiveFormat } from './export/image-archive.js';
import { writeLocalDirectory } from './export/local-directory.js';
import { loadSpecialFiles, type MakeSpecialFile } from './export/make-special-file.js';
import { treeEntries } from './export/tree-entries.js';
import { writeChunks } from './export/write-chunks.js';
import { createTarStream } from './layer/tar/tar-stream.js';
import type { TreeNode } from './layer/entry.js';
import type { Descriptor } from './oci/types.js';
import type { OutputRequest } from './plan/request.js';
import type { Store } from './store/store.js';

export interface OutputTarget {
  readonly store: Store;
  readonly cwd: string;
  readonly stdout: NodeJS.WritableStream;
  readonly signal: AbortSignal;
  /** Brackets the work with the events of a step. */
  report<T>(name: string, work: () => Promise<T>): Promise<T>;
  note(message: string): void;
}

type ArchiveOutput = Extract<OutputRequest, { type: 'oci' | 'docker' }>;

/** Descriptor of the manifest as exported, when the output is an image. @throws TsbuildError OUTPUT_FAILED, STORE_*, ABORTED */
export async function writeOutput(
  output: OutputRequest,
  image: ExportImage,
  target: OutputTarget,
): Promise<Descriptor | undefined> {
  switch (output.type) {
    case 'image':
    case 'cacheonly':
      return undefined;
    case 'oci':
    case 'docker':
      return target.report(`exporting to ${output.type} image format`, () =>
        writeArchive(output, image, target),
      );
    case 'local':
      return target.report('exporting to client directory', () => writeFiles(output.dest, image, target));
    case 'tar':
      return target.report('exporting to client tarball', () => writeTar(output.dest, image, target));
  }
}

async function writeArchive(
  output: ArchiveOutput,
  image: ExportImage,
  target: OutputTarget,
): Promise<Descriptor | undefined> {
  const format: ArchiveFormat = { type: output.type, layers: await exportedLayers(output, image, target) };
  const { dest } = output;
  if (output.tar === false)
    return (await writeLayoutDirectory(image, format, resolve(target.cwd, dest))).manifest;
  const { chunks, result } = layoutTar(image, format);
  await writeChunks(chunks, { ...target, dest });
  return result.manifest;
}

/** Layers of a base stay as they are; layers made here are compressed on the way out. */
async function exportedLayers(
  output: ArchiveOutput,
  image: ExportImage,
  target: OutputTarget,
): Promise<Descriptor[]> {
  const kind = output.compression ?? (output.type === 'oci' ? 'gzip' : 'uncompressed');
  const layers: Descriptor[] = [];
  for (const layer of image.layers) {
    const choice =
      kind === 'uncompressed'
        ? undefined
        : { kind, ...(output.compressionLevel === undefined ? {} : { level: output.compressionLevel }) };
    layers.push(
      choice && !layer.isBase
        ? await compressedLayer(target.store, layer.diffId, choice, target.signal)
        : layer.descriptor,
    );
  }
  return layers;
}

async function writeTar(dest: string, image: ExportImage, target: OutputTarget): Promise<undefined> {
  const view = await image.openTree();
  const { chunks } = createTarStream(treeEntries(view), {
    whiteouts: false,
    openContent: (ref) => ({ path: image.blobPath(ref.diffId), offset: ref.offset }),
  });
  await writeChunks(chunks, { ...target, dest });
}

async function writeFiles(dest: string, image: ExportImage, target: OutputTarget): Promise<undefined> {
  const view = await image.openTree();
  const openContent = ({ content }: TreeNode) =>
    content?.kind === 'layer' ? { ...content, path: image.blobPath(content.diffId) } : undefined;
  const skipped = await writeLocalDirectory(treeEntries(view), {
    dest: resolve(target.cwd, dest),
    signal: target.signal,
    openContent,
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
