// Which archived index is kept with its attestations, and which image is taken alone.
import test from 'ava';
import { digestOf, type Digest } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { attestedRoot, type DocumentReader } from '../../../../src/images/archive/archived-attestations.js';
import { attestationAnnotations } from '../../../../src/oci/descriptor.js';
import { MEDIA, type Descriptor } from '../../../../src/oci/types.js';
import { parseDocument } from '../../../../src/registry/document.js';

const EMPTY = Buffer.from('{}');

function described(bytes: Buffer, mediaType: string, more: Partial<Descriptor> = {}): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, ...more };
}

/** An index of an image and its attestation; `without` are blobs that the archive lacks. */
function archive({ without = [], entries = [] }: { without?: string[]; entries?: Descriptor[] } = {}) {
  const image = described(Buffer.from('image'), MEDIA.ociManifest);
  const statement = Buffer.from('{"_type":"statement"}');
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      config: described(EMPTY, 'application/vnd.oci.empty.v1+json', { data: EMPTY.toString('base64') }),
      layers: [described(statement, 'application/vnd.in-toto+json')],
    }),
  );
  const attestation = described(manifest, MEDIA.ociManifest, {
    annotations: attestationAnnotations(image.digest),
  });
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.ociIndex,
      manifests: [image, attestation, ...entries],
    }),
  );
  const named = { statement, manifest, index, EMPTY };
  const blobs = new Map<Digest, Buffer>(
    Object.entries(named)
      .filter(([name]) => !without.includes(name))
      .map(([, bytes]) => [digestOf(bytes), bytes]),
  );
  const readBlob: DocumentReader['readBlob'] = async ({ digest }) => {
    const bytes = blobs.get(digest);
    if (bytes) return bytes;
    throw new TsbuildError('ARCHIVE_INVALID', `${digest} is not there`);
  };
  const reader: DocumentReader = {
    has: (digest) => blobs.has(digest),
    readBlob,
    async readManifest(descriptor) {
      const bytes = Buffer.from(await readBlob(descriptor));
      return { digest: descriptor.digest, bytes, document: parseDocument(bytes, '', 'manifest') };
    },
  };
  const start = { digest: digestOf(index), bytes: index, document: parseDocument(index, '', 'index') };
  return { image, index, manifest, statement, reader, start };
}

test('index, attestation and statements are kept as they are', async (t) => {
  const { image, index, manifest, statement, reader, start } = archive();
  t.deepEqual(await attestedRoot(start, image.digest, reader), {
    root: { mediaType: MEDIA.ociIndex, digest: digestOf(index), size: index.length },
    documents: [index, manifest, EMPTY, statement],
  });
});

test('a content that stands in its descriptor need not lie in the archive', async (t) => {
  const { image, reader, start } = archive({ without: ['EMPTY'] });
  const found = await attestedRoot(start, image.digest, reader);
  t.is(found!.documents.length, 4);
});

test('an index that is not whole, or of other images too, is left: the image is taken alone', async (t) => {
  for (const without of ['statement', 'manifest', 'index']) {
    const { image, reader, start } = archive({ without: [without] });
    t.is(await attestedRoot(start, image.digest, reader), undefined, without);
  }
  const other = described(Buffer.from('other'), MEDIA.ociManifest);
  const { image, reader, start } = archive({ entries: [other] });
  t.is(await attestedRoot(start, image.digest, reader), undefined);
  const { document, bytes } = await reader.readManifest(described(archive().manifest, MEDIA.ociManifest));
  t.is(await attestedRoot({ digest: digestOf(bytes), bytes, document }, image.digest, reader), undefined);
});
