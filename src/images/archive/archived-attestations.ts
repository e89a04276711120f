// The index of an archived image with what is said of it: attestations in the archive are kept with their index, whose
// digest stays what it is.
import { digestOf, type Digest } from '../../core/digest.js';
import { attestedDigest } from '../../oci/descriptor.js';
import type { Descriptor, ImageIndex } from '../../oci/types.js';
import type { RegistryDocument } from '../../registry/document.js';
import type { NamedDocument } from '../../registry/select-image.js';

export interface AttestedRoot {
  /** Of the index. */
  readonly root: Descriptor;
  /** The index, the manifests of its attestations, and their statements. */
  readonly documents: readonly Uint8Array[];
}

export interface DocumentReader {
  has(digest: Digest): boolean;
  /** Verified. @throws TsbuildError ARCHIVE_INVALID */
  readManifest(descriptor: Descriptor): Promise<NamedDocument>;
  /** Verified. @throws TsbuildError ARCHIVE_INVALID */
  readBlob(descriptor: Descriptor): Promise<Uint8Array>;
}

/**
 * Undefined when the index lies not in the archive, is of other images too, or has no attestations that are all there.
 * @throws TsbuildError ARCHIVE_INVALID, ABORTED
 */
export async function attestedRoot(
  start: NamedDocument,
  image: Digest,
  reader: DocumentReader,
): Promise<AttestedRoot | undefined> {
  const entries = attestationsOf(start.document, image);
  if (!entries || !reader.has(start.digest) || !entries.every(({ digest }) => reader.has(digest)))
    return undefined;
  const documents: Uint8Array[] = [start.bytes];
  for (const entry of entries) {
    const { document, bytes } = await reader.readManifest(entry);
    if (document.kind !== 'manifest') return undefined;
    const { config, layers } = document.manifest;
    documents.push(bytes);
    for (const blob of [config, ...layers]) {
      const content = reader.has(blob.digest) ? await reader.readBlob(blob) : inlineContent(blob);
      if (!content) return undefined;
      documents.push(content);
    }
  }
  const { mediaType } = start.document;
  return { root: { mediaType, digest: start.digest, size: start.bytes.length }, documents };
}

/** The content that stands in the descriptor itself (descriptor.md, `data`). */
function inlineContent({ data, digest }: Descriptor): Uint8Array | undefined {
  const content = data === undefined ? undefined : Buffer.from(data, 'base64');
  return content && digestOf(content) === digest ? content : undefined;
}

/** Undefined when there are none, or other entries. */
function attestationsOf(document: RegistryDocument, image: Digest): ImageIndex['manifests'] | undefined {
  if (document.kind !== 'index') return undefined;
  const others = document.index.manifests.filter(({ digest }) => digest !== image);
  const areAll = others.every((entry) => attestedDigest(entry) === image);
  return areAll && others.length > 0 ? others : undefined;
}
