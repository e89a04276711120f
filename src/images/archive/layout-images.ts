// The images of an OCI image layout (image-layout.md), and the one image of a directory that skopeo wrote as `dir:`.
import { digestOf, hexOf, type Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { formatPlatform, type Platform } from '../../oci/platform.js';
import { canonicalReference, parseImageName } from '../../oci/reference.js';
import { MEDIA, type Descriptor } from '../../oci/types.js';
import { parseDocument, type RegistryDocument } from '../../registry/document.js';
import { selectImage, type NamedDocument } from '../../registry/select-image.js';
import { isForNobody, noMatch, platformRank } from '../../registry/select-platform.js';
import { imageOf } from '../image-of.js';
import {
  archiveInvalid,
  archiveSource,
  missingFile,
  ofArchive,
  requireDocument,
  type ArchiveBlob,
  type ArchiveFiles,
} from './archive-files.js';
import { attestedRoot, type DocumentReader } from './archived-attestations.js';
import type { ArchivedImage, Choice } from './archived-image.js';

const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';

/** Where documents and blobs lie, and which document names them. */
interface Layout {
  readonly files: ArchiveFiles;
  readonly top: string;
  manifestPath(digest: Digest): string;
  blobPath(digest: Digest): string;
}

interface Parsed {
  readonly bytes: Uint8Array;
  readonly document: RegistryDocument;
}

/** @throws TsbuildError ARCHIVE_INVALID, REGISTRY_PLATFORM, ABORTED */
export async function layoutImages(
  files: ArchiveFiles,
  { document }: Parsed,
  choice: Choice,
): Promise<readonly ArchivedImage[]> {
  const path = (digest: Digest) => `blobs/sha256/${hexOf(digest)}`;
  const layout: Layout = { files, top: 'index.json', manifestPath: path, blobPath: path };
  if (document.kind !== 'index') throw archiveInvalid(files.name, 'index.json', 'not an image index');
  const images: ArchivedImage[] = [];
  for (const group of groupsOf(document.index.manifests)) {
    const start = await startOf(layout, group.descriptors);
    if (!start) continue;
    images.push({ ...(await chooseImage(layout, start, choice)), names: [...group.names] });
  }
  if (images.length === 0) throw archiveInvalid(files.name, 'index.json', 'it names no image');
  return mergeSame(images);
}

/** @throws TsbuildError ARCHIVE_INVALID, REGISTRY_PLATFORM, ABORTED */
export async function singleImage(
  files: ArchiveFiles,
  { bytes, document }: Parsed,
  choice: Choice,
): Promise<ArchivedImage> {
  const layout: Layout = {
    files,
    top: 'manifest.json',
    manifestPath: (digest) => `${hexOf(digest)}.manifest.json`,
    blobPath: hexOf,
  };
  const found = await chooseImage(layout, { digest: digestOf(bytes), bytes, document }, choice);
  return { ...found, names: [] };
}

interface Group {
  readonly names: ReadonlySet<string>;
  readonly descriptors: readonly Descriptor[];
}

/** Entries of one name are one image for several platforms; so are entries without a name that differ in platform. */
function groupsOf(manifests: readonly Descriptor[]): readonly Group[] {
  const entries = manifests.filter((descriptor) => !isForNobody(descriptor));
  const names = new Set(entries.flatMap((entry) => nameOf(entry) ?? []));
  const named = [...names].map((name) => ({
    names: new Set([name]),
    descriptors: entries.filter((entry) => nameOf(entry) === name),
  }));
  const unnamed = entries.filter((entry) => nameOf(entry) === undefined);
  const platforms = new Set(unnamed.map(({ platform }) => JSON.stringify(platform ?? null)));
  const isOne = unnamed.length > 1 && platforms.size === unnamed.length;
  const nameless = isOne ? [unnamed] : unnamed.map((entry) => [entry]);
  return [...named, ...nameless.map((descriptors) => ({ names: new Set<string>(), descriptors }))];
}

/** The full name. A ref.name that is a tag alone names nothing (containerd's import takes it so too). */
function nameOf({ annotations }: Descriptor): string | undefined {
  const full = annotations?.[CONTAINERD_NAME];
  if (full) return canonicalReference(parseImageName(full));
  const text = annotations?.[REF_NAME];
  if (!text || !/[:/]/.test(text)) return undefined;
  try {
    return canonicalReference(parseImageName(text));
  } catch (error) {
    // Any text may stand there (image-layout.md).
    if (error instanceof TsbuildError) return undefined;
    throw error;
  }
}

/** Undefined for what is no image, such as a signature. */
async function startOf(
  layout: Layout,
  descriptors: readonly Descriptor[],
): Promise<NamedDocument | undefined> {
  const [only, ...more] = descriptors;
  if (more.length > 0 || !only) {
    const index = { schemaVersion: 2, manifests: descriptors } as const;
    const bytes = Buffer.from(JSON.stringify(index));
    return { digest: digestOf(bytes), bytes, document: { kind: 'index', mediaType: MEDIA.ociIndex, index } };
  }
  if (!DOCUMENTS.has(only.mediaType)) return undefined;
  const start = await readManifest(layout, only.digest, only);
  const isImage = start.document.kind === 'index' || CONFIGS.has(start.document.manifest.config.mediaType);
  return isImage ? start : undefined;
}

const DOCUMENTS: ReadonlySet<string> = new Set([
  MEDIA.ociIndex,
  MEDIA.ociManifest,
  MEDIA.dockerList,
  MEDIA.dockerManifest,
]);
const CONFIGS: ReadonlySet<string> = new Set([MEDIA.ociConfig, MEDIA.dockerConfig]);

async function chooseImage(
  layout: Layout,
  start: NamedDocument,
  { platform, local }: Choice,
): Promise<Omit<ArchivedImage, 'names'>> {
  const { files } = layout;
  const offered = start.document.kind === 'index' ? platformsOf(start.document.index.manifests) : [];
  const wanted = platform ?? (offered.length === 1 ? offered[0]! : local);
  try {
    const { bytes, ...found } = await selectImage(start, wanted, {
      name: files.name,
      readManifest: (digest) => readManifest(layout, digest),
      readConfig: (config) => readVerified(layout, layout.blobPath(config.digest), config),
    });
    const blobs = new Map<Digest, ArchiveBlob>();
    const image = imageOf({ ...found, manifestBytes: bytes }, archiveSource(files, blobs), 'IMAGE_INVALID');
    const own = image.manifest.platform!;
    if (platform && platformRank(own, platform) === undefined) throw noMatch(platform, [formatPlatform(own)]);
    for (const { descriptor } of image.layers) blobs.set(descriptor.digest, requireBlob(layout, descriptor));
    const others = offered.map(formatPlatform).filter((name) => name !== formatPlatform(own));
    const attested = await attestedRoot(start, image.manifest.digest, readerOf(layout));
    return { image, blobs, ...(attested && { attested }), others: [...new Set(others)] };
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'REGISTRY_PLATFORM')
      throw error.with({
        message: `${files.name}: ${error.message}`,
        hint: `${error.hint ?? ''}; choose with --platform`,
      });
    throw ofArchive(error, files.name);
  }
}

function readerOf(layout: Layout): DocumentReader {
  return {
    has: (digest) => layout.files.find(layout.blobPath(digest)) !== undefined,
    readManifest: (descriptor) => readManifest(layout, descriptor.digest, descriptor),
    readBlob: (descriptor) => readVerified(layout, layout.blobPath(descriptor.digest), descriptor),
  };
}

function platformsOf(manifests: readonly Descriptor[]): Platform[] {
  return manifests
    .filter((descriptor) => !isForNobody(descriptor))
    .flatMap(({ platform }) => {
      if (platform == null) return [];
      const { os, architecture, variant } = platform;
      return [{ os, architecture, ...(variant ? { variant } : {}) }];
    });
}

async function readManifest(layout: Layout, digest: Digest, descriptor?: Descriptor): Promise<NamedDocument> {
  const path = layout.manifestPath(digest);
  const bytes = await readVerified(layout, path, { digest, ...(descriptor && { size: descriptor.size }) });
  return { digest, bytes, document: parseDocument(bytes, '', path) };
}

async function readVerified(
  { files, top }: Layout,
  path: string,
  { digest, size }: Pick<Descriptor, 'digest'> & Partial<Pick<Descriptor, 'size'>>,
): Promise<Buffer> {
  const bytes = await requireDocument(files, path, top);
  const found = digestOf(bytes);
  if (found !== digest) throw archiveInvalid(files.name, path, `its digest is ${found}`);
  if (size !== undefined && bytes.length !== size)
    throw archiveInvalid(files.name, path, `${bytes.length} bytes, its descriptor says ${size}`);
  return bytes;
}

function requireBlob({ files, blobPath }: Layout, { digest, size }: Descriptor): ArchiveBlob {
  const path = blobPath(digest);
  const file = files.find(path);
  if (!file) throw missingFile(files, path, 'the manifest');
  if (file.size !== size)
    throw archiveInvalid(files.name, path, `${file.size} bytes, its descriptor says ${size}`);
  return { path, file };
}

/** An image that stands there once for each of its names. */
function mergeSame(images: readonly ArchivedImage[]): readonly ArchivedImage[] {
  const merged = new Map<Digest, ArchivedImage>();
  for (const found of images) {
    const { digest } = found.attested?.root ?? found.image.manifest;
    const known = merged.get(digest);
    merged.set(digest, known ? { ...known, names: [...known.names, ...found.names] } : found);
  }
  return [...merged.values()];
}
