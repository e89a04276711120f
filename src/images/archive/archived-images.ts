// Which images an archive holds, in whichever of the formats it is written. The OCI layout is asked first, since it
// says more: the digests of manifests, and which image is for which platform.
import { parseDocument, type RegistryDocument } from '../../registry/document.js';
import type { ArchivedImage, Choice } from './archived-image.js';
import { archiveInvalid, ofArchive, readDocument, type ArchiveFiles } from './archive-files.js';
import { dockerImages } from './docker-images.js';
import { layoutImages, singleImage } from './layout-images.js';

/** @throws TsbuildError ARCHIVE_INVALID, REGISTRY_PLATFORM, ABORTED */
export async function archivedImages(files: ArchiveFiles, choice: Choice): Promise<readonly ArchivedImage[]> {
  const [layout, docker] = await Promise.all([
    readDocument(files, 'index.json'),
    readDocument(files, 'manifest.json'),
  ]);
  const list = docker && dockerList(docker);
  if (layout) {
    const images = await layoutImages(files, documentOf(files, 'index.json', layout), choice);
    return list ? withTags(images, await dockerImages(files, list, choice)) : images;
  }
  if (list) return dockerImages(files, list, choice);
  // What skopeo writes as `dir:` has the manifest itself there.
  if (docker) return [await singleImage(files, documentOf(files, 'manifest.json', docker), choice)];
  throw archiveInvalid(files.name, undefined, 'it has neither index.json nor manifest.json at its top', {
    hint: 'give what docker save, podman save, skopeo copy or tsbuild save wrote; for a tar of a root directory use FROM scratch and ADD',
  });
}

interface Parsed {
  readonly bytes: Buffer;
  readonly document: RegistryDocument;
}

function documentOf(files: ArchiveFiles, path: string, bytes: Buffer): Parsed {
  try {
    return { bytes, document: parseDocument(bytes, '', path) };
  } catch (error) {
    throw ofArchive(error, files.name);
  }
}

/** The rows of docker's manifest.json. Undefined for a document of another kind, or none. */
function dockerList(bytes: Buffer): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    // The parser of the other kind says what is wrong.
    return undefined;
  }
}

/** Names that only docker's manifest.json gives to an image, told by its config. */
function withTags(
  images: readonly ArchivedImage[],
  tagged: readonly ArchivedImage[],
): readonly ArchivedImage[] {
  return images.map((found) => {
    const same = tagged.filter(({ image }) => image.configDigest === found.image.configDigest);
    const names = [...found.names, ...same.flatMap((other) => other.names)];
    return { ...found, names: [...new Set(names)] };
  });
}
