// Artifacts on their way to a registry that keeps no list of them: the list under a tag, which others write too.
import test from 'ava';
import { digestOf } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { artifactDocuments } from '../../../../src/export/artifact-documents.js';
import { attachArtifact } from '../../../../src/export/registry/attach-artifact.js';
import { canonicalReference, parseReference } from '../../../../src/oci/reference.js';
import { MEDIA, type ImageIndex, type ImageManifest } from '../../../../src/oci/types.js';
import type { FetchedManifest } from '../../../../src/registry/client.js';
import { createMemoryRegistry, type MemoryRegistry } from '../../../support/memory-registry.js';

const { signal } = new AbortController();
const name = parseReference('r.test/app');
const image = { mediaType: MEDIA.ociManifest, digest: digestOf('an image'), size: 5 };
const list = `r.test/app:sha256-${image.digest.slice(7)}`;
const artifact = artifactDocuments(image, { type: 'a/b', bytes: Buffer.from('{}'), annotations: {} });

function clientOf(registry: MemoryRegistry, before: () => void = () => undefined) {
  return {
    async resolve(reference: Parameters<typeof canonicalReference>[0]): Promise<FetchedManifest> {
      before();
      const found = registry.indexes.get(canonicalReference(reference));
      if (!found) throw new TsbuildError('REGISTRY_NOT_FOUND', 'not found');
      const { index, bytes } = found;
      const document = { kind: 'index', mediaType: MEDIA.ociIndex, index } as const;
      return { digest: digestOf(bytes), mediaType: MEDIA.ociIndex, size: bytes.length, bytes, document };
    },
  };
}

function digestsIn(registry: MemoryRegistry): readonly string[] {
  return registry.indexes.get(list)!.index.manifests.map(({ digest }) => digest);
}

test('the artifact is put under its digest, then into the list', async (t) => {
  const registry = createMemoryRegistry();
  await attachArtifact(name, artifact, { writer: registry, client: clientOf(registry), signal });
  t.deepEqual(registry.log.slice(-2), [`put r.test/app@${artifact.manifest.digest}`, `put ${list}`]);
  t.deepEqual(digestsIn(registry), [artifact.manifest.digest]);
  // What is in the list is not put again.
  await attachArtifact(name, artifact, { writer: registry, client: clientOf(registry), signal });
  t.is(registry.log.filter((entry) => entry === `put ${list}`).length, 1);
});

test('what another client wrote over the list is written again, beside what it wrote', async (t) => {
  const registry = createMemoryRegistry();
  const other = artifactDocuments(image, { type: 'a/b', bytes: Buffer.from('{"o":1}'), annotations: {} });
  await attachArtifact(name, other, { writer: registry, client: clientOf(registry), signal });
  const theirs = registry.indexes.get(list)!;
  let reads = 0;
  const client = clientOf(registry, () => {
    // It had read the list before this one wrote it.
    if (++reads === 2)
      (registry.indexes as Map<string, { index: ImageIndex; bytes: Buffer }>).set(list, theirs);
  });
  await attachArtifact(name, artifact, { writer: registry, client, signal });
  t.deepEqual(digestsIn(registry), [other.manifest.digest, artifact.manifest.digest]);
  t.is(reads, 3);
});

test('a tag that is no list is left as it is', async (t) => {
  const registry = createMemoryRegistry();
  const manifest = { schemaVersion: 2, config: image, layers: [] } as ImageManifest;
  const document = { kind: 'manifest', mediaType: MEDIA.ociManifest, manifest } as const;
  const found = {
    digest: image.digest,
    mediaType: MEDIA.ociManifest,
    size: 5,
    bytes: Buffer.from('{}'),
    document,
  };
  const client = { resolve: async () => found };
  const error = await t.throwsAsync(attachArtifact(name, artifact, { writer: registry, client, signal }));
  t.like(error, { code: 'SIGNING_FAILED', message: `${list} is no list of signatures` });
  t.false(registry.log.includes(`put ${list}`));
});
