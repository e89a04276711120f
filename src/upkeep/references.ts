// What of the store refers to its blobs: names of images, resolved tags, records of steps, compressed forms. Read once,
// as plain data. What cannot be read refers to nothing.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listRecords } from '../containers/container-files.js';
import { containersPaths } from '../containers/container-paths.js';
import { hexOf, isDigest, type Digest } from '../core/digest.js';
import { errnoOf } from '../core/errno.js';
import type { Descriptor, ImageConfig, ImageIndex, ImageManifest } from '../oci/types.js';
import { namedImages } from '../store/image-names.js';
import { unseal } from '../store/sealed-json.js';
import type { StorePaths } from '../store/store-paths.js';
import { describeStep } from './describe-step.js';

/** An image with all it consists of; digests in hex. */
export interface ImageParts {
  readonly name: string;
  /** Index, manifests, configs and layers, as manifests have them. */
  readonly blobs: ReadonlySet<string>;
  /** Uncompressed layers. */
  readonly diffIds: ReadonlySet<string>;
}

/** A tag that was resolved: its record, and the image. */
export interface ResolvedImage extends ImageParts {
  readonly path: string;
}

export interface RecordFile {
  readonly path: string;
  readonly key: string;
  readonly diffId: string;
  readonly description: string;
  readonly bytes: number;
  readonly mtime: number;
}

export interface FormFile {
  readonly path: string;
  readonly diffId: string;
  readonly blob: string;
  readonly kind: string;
  readonly bytes: number;
}

export interface References {
  readonly images: readonly ImageParts[];
  /** The images of containers, whether they have a name or not, by the names of the containers. */
  readonly containers: readonly ImageParts[];
  readonly bases: readonly ResolvedImage[];
  readonly records: readonly RecordFile[];
  readonly forms: readonly FormFile[];
  /** Keys that places of builds gave the last time. */
  readonly lastKeys: ReadonlySet<string>;
}

/** @throws TsbuildError STORE_CORRUPT when the names of images cannot be read: what they hold is not known then */
export function readReferences(paths: StorePaths): References {
  return {
    containers: containerImages(paths),
    images: namedImages(paths).map((descriptor) => imageParts(paths, nameOf(descriptor), descriptor.digest)),
    bases: filesIn(paths.refs).flatMap((path) => readBase(paths, path) ?? []),
    records: recordFiles(paths).flatMap((path) => readRecord(path) ?? []),
    forms: filesIn(join(paths.cache, 'compressed')).flatMap((path) => readForm(path) ?? []),
    lastKeys: new Set(filesIn(paths.last).map((path) => (textOf(path) ?? '').slice(0, 64))),
  };
}

/** With the blobs of layers as they were when the container was made. */
function containerImages(paths: StorePaths): readonly ImageParts[] {
  return listRecords(containersPaths(paths)).map(({ name, image }) => {
    const { blobs, diffIds } = imageParts(paths, name, image.manifest);
    const layers = image.layers.flatMap((layer) => [hexOf(layer.blob), hexOf(layer.diffId)]);
    const own = [hexOf(image.manifest), hexOf(image.config), ...layers];
    return { name: `container ${name}`, blobs: new Set([...blobs, ...own]), diffIds };
  });
}

function nameOf({ annotations, digest }: Descriptor): string {
  return annotations?.['org.opencontainers.image.ref.name'] ?? digest;
}

/** What of it is not in the store is among the parts too. */
function imageParts(paths: Pick<StorePaths, 'blob'>, name: string, digest: Digest): ImageParts {
  const blobs = new Set<string>();
  const diffIds = new Set<string>();
  const todo = [digest];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (blobs.has(hexOf(next))) continue;
    blobs.add(hexOf(next));
    const document = readDocument(paths, next);
    for (const { digest: child } of document?.manifests ?? []) if (isDigest(child)) todo.push(child);
    for (const layer of document?.layers ?? []) if (isDigest(layer.digest)) blobs.add(hexOf(layer.digest));
    if (!isDigest(document?.config?.digest)) continue;
    blobs.add(hexOf(document.config.digest));
    const config = readDocument(paths, document.config.digest);
    for (const diffId of config?.rootfs?.diff_ids ?? []) if (isDigest(diffId)) diffIds.add(hexOf(diffId));
  }
  return { name, blobs, diffIds };
}

type Document = Partial<ImageIndex> & Partial<ImageManifest> & Partial<ImageConfig>;

/** As for documents of registries. */
const MAX_DOCUMENT_BYTES = 8 << 20;

function readDocument(paths: Pick<StorePaths, 'blob'>, digest: Digest): Document | undefined {
  const path = paths.blob(digest);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? Infinity;
  return size > MAX_DOCUMENT_BYTES ? undefined : (jsonOf(textOf(path)) as Document | undefined);
}

function readBase(paths: StorePaths, path: string): ResolvedImage | undefined {
  const found = unsealed(path) as { reference?: unknown; manifest?: unknown } | undefined;
  if (typeof found?.reference !== 'string' || !isDigest(found.manifest)) return undefined;
  return { ...imageParts(paths, found.reference, found.manifest), path };
}

function recordFiles({ cache, unsynced }: StorePaths): string[] {
  const folders = [...foldersIn(cache).filter((path) => /\/[0-9a-f]{2}$/.test(path)), ...foldersIn(unsynced)];
  return folders.flatMap(filesIn);
}

function readRecord(path: string): RecordFile | undefined {
  const record = unsealed(path) as { diffId?: unknown; inputs?: unknown } | undefined;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats || !isDigest(record?.diffId)) return undefined;
  return {
    path,
    key: path.slice(path.lastIndexOf('/') + 1, -'.json'.length),
    diffId: hexOf(record.diffId),
    description: describeStep(record.inputs),
    bytes: stats.size,
    mtime: stats.mtimeMs / 1000,
  };
}

function readForm(path: string): FormFile | undefined {
  const form = unsealed(path) as { diffId?: unknown; kind?: unknown; descriptor?: Descriptor } | undefined;
  const bytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (bytes === undefined || !isDigest(form?.diffId) || !isDigest(form.descriptor?.digest)) return undefined;
  return {
    path,
    diffId: hexOf(form.diffId),
    blob: hexOf(form.descriptor.digest),
    kind: String(form.kind),
    bytes,
  };
}

function unsealed(path: string): unknown {
  const text = textOf(path);
  try {
    return text === undefined ? undefined : unseal(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EISDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Paths of what a folder holds, none when there is no such folder. */
export function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function foldersIn(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [join(folder, entry.name)] : [],
      )
    : [];
}
