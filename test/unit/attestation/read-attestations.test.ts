// The reading rules of buildx's imagetools over both forms of BuildKit's attestations, and over signed ones.
import test from 'ava';
import fc from 'fast-check';
import {
  readAttestations,
  type AttestationContent,
  type ReadDocument,
} from '../../../src/attestation/read-attestations.js';
import { statementBytes } from '../../../src/attestation/statement.js';
import { digestOf, type Digest } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { attestationDocuments } from '../../../src/export/attestation-documents.js';
import { MEDIA, type Descriptor, type ImageIndex, type ImageManifest } from '../../../src/oci/types.js';

const SPDX = 'https://spdx.dev/Document';
const SLSA = 'https://slsa.dev/provenance/v1';
const BOTH = new Set(['provenance', 'sbom'] as const);

/** Documents and blobs by digest. */
function createContent() {
  const manifests = new Map<Digest, ReadDocument>();
  const blobs = new Map<Digest, Uint8Array>();
  const read: Digest[] = [];
  const content: AttestationContent = {
    name: 'r.test/app',
    async readManifest(digest) {
      read.push(digest);
      return manifests.get(digest)!;
    },
    async readBlob({ digest }) {
      read.push(digest);
      return blobs.get(digest)!;
    },
  };
  return { content, manifests, blobs, read };
}
type Content = ReturnType<typeof createContent>;

function imageEntry(architecture: string): Descriptor {
  const digest = digestOf(architecture);
  return { mediaType: MEDIA.ociManifest, digest, size: 9, platform: { os: 'linux', architecture } };
}

function statement(predicateType: string, predicate: object) {
  return { predicateType, bytes: statementBytes({ predicateType, predicate }, []) };
}

/** The entry of an attestation that is in the content. */
function attest(
  { manifests, blobs }: Content,
  image: Descriptor,
  statements: readonly ReturnType<typeof statement>[],
  isArtifact = true,
): Descriptor {
  const documents = attestationDocuments(image, statements, isArtifact);
  for (const { descriptor, bytes } of documents.blobs) blobs.set(descriptor.digest, bytes);
  const manifest = JSON.parse(Buffer.from(documents.manifestBytes).toString()) as ImageManifest;
  manifests.set(documents.manifest.digest, { kind: 'manifest', manifest });
  return documents.manifest;
}

function indexOf(...manifests: readonly Descriptor[]): ReadDocument {
  return { kind: 'index', index: { schemaVersion: 2, manifests } };
}

for (const isArtifact of [true, false])
  test(`provenance and SBOM of ${isArtifact ? 'artifacts' : 'the older form'}, of one platform`, async (t) => {
    const all = createContent();
    const image = imageEntry('amd64');
    const statements = [statement(SPDX, { packages: [1] }), statement(SLSA, { runDetails: {} })];
    const index = indexOf(image, attest(all, image, statements, isArtifact));
    const found = await readAttestations(index, all.content, BOTH);
    t.deepEqual(found.platforms, ['linux/amd64']);
    t.deepEqual([...found.provenance], [['linux/amd64', { SLSA: { runDetails: {} } }]]);
    t.deepEqual([...found.sbom], [['linux/amd64', { SPDX: { packages: [1] } }]]);
    t.false(all.read.includes(image.digest), 'the image itself is not asked for');
  });

test('several platforms are told apart, sorted; one may have none', async (t) => {
  const all = createContent();
  const [amd64, arm64, arm] = ['amd64', 'arm64', 'arm'].map(imageEntry) as [
    Descriptor,
    Descriptor,
    Descriptor,
  ];
  const entries = [amd64, arm64].map((image) => attest(all, image, [statement(SLSA, { of: image.digest })]));
  const found = await readAttestations(indexOf(arm64, amd64, arm, ...entries), all.content, BOTH);
  t.deepEqual(found.platforms, ['linux/amd64', 'linux/arm/v7', 'linux/arm64']);
  t.deepEqual([...found.provenance.keys()], ['linux/amd64', 'linux/arm64']);
  t.deepEqual(found.provenance.get('linux/arm64'), { SLSA: { of: arm64.digest } });
  t.is(found.sbom.size, 0);
});

test('what is not asked for is not read', async (t) => {
  const all = createContent();
  const image = imageEntry('amd64');
  const sbom = statement(SPDX, { spdxVersion: 'SPDX-2.3' });
  const index = indexOf(image, attest(all, image, [sbom, statement(SLSA, {})]));
  const found = await readAttestations(index, all.content, new Set(['provenance'] as const));
  t.is(found.sbom.size, 0);
  t.false(all.read.includes(digestOf(sbom.bytes)));
});

test('further SBOMs stand beside the first, and the provenance of the last manifest counts', async (t) => {
  const all = createContent();
  const image = imageEntry('amd64');
  const first = attest(all, image, [
    statement(SPDX, { n: 1 }),
    statement(SPDX, { n: 2 }),
    statement(SLSA, { n: 1 }),
  ]);
  const second = attest(all, image, [statement(SLSA, { n: 2 }), statement(SLSA, { n: 3 })]);
  const found = await readAttestations(indexOf(image, first, second), all.content, BOTH);
  t.deepEqual(found.sbom.get('linux/amd64'), { SPDX: { n: 1 }, AdditionalSPDXs: [{ n: 2 }] });
  t.deepEqual(found.provenance.get('linux/amd64'), { SLSA: { n: 2 } });
});

test('signed statements are taken out of their envelopes', async (t) => {
  const all = createContent();
  const image = imageEntry('amd64');
  const payload = Buffer.from(JSON.stringify({ predicate: { signed: true } })).toString('base64');
  const envelope = Buffer.from(JSON.stringify({ payload, payloadType: 'application/vnd.in-toto+json' }));
  const layer = {
    mediaType: 'application/vnd.in-toto.provenance+dsse',
    digest: digestOf(envelope),
    size: envelope.length,
    annotations: { 'in-toto.io/predicate-type': SLSA },
  };
  all.blobs.set(layer.digest, envelope);
  const manifest = { schemaVersion: 2 as const, config: image, layers: [layer] };
  const entry = {
    mediaType: MEDIA.ociManifest,
    digest: digestOf('signed'),
    size: 1,
    annotations: { 'com.docker.reference.digest': image.digest },
  };
  all.manifests.set(entry.digest, { kind: 'manifest', manifest });
  const found = await readAttestations(indexOf(image, entry), all.content, BOTH);
  t.deepEqual(found.provenance.get('linux/amd64'), { SLSA: { signed: true } });
});

test('an image alone has none, and its platform is that of its config', async (t) => {
  const all = createContent();
  const config = Buffer.from(
    '{"os":"linux","architecture":"arm64","rootfs":{"type":"layers","diff_ids":[]}}',
  );
  const descriptor = { mediaType: MEDIA.ociConfig, digest: digestOf(config), size: config.length };
  all.blobs.set(descriptor.digest, config);
  const document: ReadDocument = {
    kind: 'manifest',
    manifest: { schemaVersion: 2, config: descriptor, layers: [] },
  };
  const found = await readAttestations(document, all.content, BOTH);
  t.deepEqual(found.platforms, ['linux/arm64']);
  t.is(found.provenance.size + found.sbom.size, 0);
});

test('bytes of another digest, huge ones and what is not JSON are refused by name', async (t) => {
  const bad = async (change: (all: Content, digest: Digest) => void, size?: number) => {
    const all = createContent();
    const image = imageEntry('amd64');
    const one = statement(SLSA, {});
    const entry = attest(all, image, [one]);
    change(all, digestOf(one.bytes));
    if (size !== undefined) {
      const { manifest } = all.manifests.get(entry.digest) as { manifest: ImageManifest };
      const layers = manifest.layers.map((layer) => ({ ...layer, size }));
      all.manifests.set(entry.digest, { kind: 'manifest', manifest: { ...manifest, layers } });
    }
    return (await t.throwsAsync(readAttestations(indexOf(image, entry), all.content, BOTH), {
      instanceOf: TsbuildError,
    }))!;
  };
  t.is(
    (await bad(({ blobs }, digest) => blobs.set(digest, Buffer.from('{}')))).code,
    'REGISTRY_DIGEST_MISMATCH',
  );
  t.regex(
    (await bad(() => undefined, 41 << 20)).message,
    /^r\.test\/app: sha256:\w+ exceeds 41943040 bytes$/,
  );
  const all = createContent();
  const image = imageEntry('amd64');
  const entry = attest(all, image, [{ predicateType: SLSA, bytes: Buffer.from('{') }]);
  await t.throwsAsync(readAttestations(indexOf(image, entry), all.content, BOTH), {
    instanceOf: TsbuildError,
    message: /^r\.test\/app: the attestation sha256:\w+ is not JSON$/,
  });
});

test('indexes that lead to themselves come to an end', async (t) => {
  const all = createContent();
  const entry = { mediaType: MEDIA.ociIndex, digest: digestOf('self'), size: 1 };
  const index = indexOf(entry);
  all.manifests.set(entry.digest, index);
  await t.throwsAsync(readAttestations(index, all.content, BOTH), {
    instanceOf: TsbuildError,
    message: /an index in an index, 4 times/,
  });
});

test('any JSON in a statement or an envelope is read, or refused by name', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.boolean(), async (text, isSigned) => {
      const all = createContent();
      const image = imageEntry('amd64');
      const bytes = Buffer.from(text);
      const mediaType = isSigned ? 'application/vnd.in-toto.x+dsse' : 'application/vnd.in-toto+json';
      const annotations = { 'in-toto.io/predicate-type': SLSA };
      const layer = { mediaType, digest: digestOf(bytes), size: bytes.length, annotations };
      all.blobs.set(layer.digest, bytes);
      const entry = attest(all, image, []);
      all.manifests.set(entry.digest, {
        kind: 'manifest',
        manifest: { schemaVersion: 2, config: image, layers: [layer] },
      });
      try {
        await readAttestations(
          { kind: 'index', index: { schemaVersion: 2, manifests: [image, entry] } satisfies ImageIndex },
          all.content,
          BOTH,
        );
      } catch (error) {
        if (!(error instanceof TsbuildError)) throw error;
      }
    }),
  );
  t.pass();
});
