// The bytes of an image index, as BuildKit and buildx write them: Go's JSON, two spaces deep. Pure.
import { digestOf } from '../core/digest.js';
import { annotationsJson, descriptorJson } from './descriptor.js';
import { goJson } from './go-json.js';
import { MEDIA, type Descriptor, type ImageIndex } from './types.js';

/** What an index says, in the order in which it stands there. */
export type IndexMembers = Pick<
  ImageIndex,
  'mediaType' | 'artifactType' | 'manifests' | 'subject' | 'annotations'
>;

export interface WrittenIndex {
  /** Media type, digest and size alone. */
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export function writeIndex({
  mediaType,
  artifactType,
  manifests,
  subject,
  annotations,
}: IndexMembers): WrittenIndex {
  const bytes = Buffer.from(
    goJson({
      schemaVersion: 2,
      mediaType,
      artifactType: artifactType || undefined,
      manifests: manifests.map(descriptorJson),
      subject: subject ? descriptorJson(subject) : undefined,
      annotations: annotationsJson(annotations),
    }),
  );
  const type = mediaType ?? MEDIA.ociIndex;
  return { descriptor: { mediaType: type, digest: digestOf(bytes), size: bytes.length }, bytes };
}
