// Whole builds against a registry that attacks. The rows of the client alone are in
// test/unit/registry/hostile-registry.test.ts.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { attack, attackNeeding, type AttackWorld, type Defence } from '../support/attack.js';
import { makeEvilImage, sha256Of, type EvilImage } from '../support/evil-image.js';
import {
  answer,
  endless,
  redirectTo,
  startFakeRegistry,
  type FakeRegistry,
} from '../support/fake-registry.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const FILES = [{ name: 'a', content: 'a' }];

async function serve(t: ExecutionContext, image: EvilImage = { layers: [FILES] }): Promise<FakeRegistry> {
  const registry = await startFakeRegistry();
  t.teardown(() => registry.close());
  const { blobs, document } = makeEvilImage(image);
  for (const blob of blobs.values()) registry.putBlob(blob);
  registry.putManifest('library/evil', document, { type: MANIFEST, tag: 'latest' });
  return registry;
}

const COPY = 'FROM evil\nCOPY --from=evil a /b\n';
/** Its layers are read by the worker, while they are being fetched. */
const RUN = 'FROM evil\nRUN true\n';

/** A build on docker.io/library/evil, which the registry stands in for. Credentials for docker.io are planted. */
function from(
  registry: FakeRegistry,
  world: AttackWorld,
  { dockerfileText = COPY, env = {} }: { dockerfileText?: string; env?: Record<string, string> } = {},
) {
  return world.attempt(
    { dockerfileText },
    { env: { TSBUILD_REGISTRY_MIRRORS: `docker.io=${registry.origin}`, ...env } },
  );
}

function assertRefused(t: ExecutionContext, outcome: Awaited<ReturnType<typeof from>>): void {
  t.true(
    'error' in outcome && /^(REGISTRY_|LAYER_|IMAGE_)/.test(outcome.error.code),
    JSON.stringify(outcome),
  );
}

/** No blob got its name that is not what the name says, and nothing else is left. */
function assertNothingKept(t: ExecutionContext, { store }: AttackWorld, forbidden: readonly string[]): void {
  const blobs = join(store, 'v1', 'oci', 'blobs', 'sha256');
  const names = existsSync(blobs) ? readdirSync(blobs) : [];
  t.true(names.every((name) => /^[0-9a-f]{64}$/.test(name)));
  for (const digest of forbidden) t.false(names.includes(digest.slice('sha256:'.length)));
  t.deepEqual(readdirSync(join(store, 'v1', 'tmp')), []);
}

const SAME: Defence = [
  'src/layer/verified-stream.ts',
  'if (expect.digest !== undefined && digest !== expect.digest)',
];
const ORIGIN: Defence = ['src/registry/auth.ts', 'credentials'];

attack(
  'CVE-2020-15157',
  'credentials of docker.io are not given to a mirror that asks for them',
  ORIGIN,
  async (t, world) => {
    const registry = await serve(t);
    registry.on(
      /manifests/,
      answer(401, { 'www-authenticate': `Bearer realm="${registry.origin}/token",service="docker.io"` }),
    );
    registry.on(/token/, answer(200, {}, { token: 'x' }));
    assertRefused(t, await from(registry, world));
    t.false(
      JSON.stringify(registry.requests).includes(
        Buffer.from(`me:${world.sentinel.tokens[2]}`).toString('base64'),
      ),
    );
    for (const scheme of ['Basic realm="r"', 'Negotiate', 'Bearer realm=""']) {
      const other = await serve(t);
      other.on(/manifests/, answer(401, { 'www-authenticate': scheme }));
      await from(other, world);
      t.true(
        other.requests.every(({ headers }) => headers.authorization === undefined),
        scheme,
      );
    }
  },
);

for (const where of [
  'http://169.254.169.254',
  'http://metadata.google.internal',
  'file://',
  'http://[fe80::1]',
]) {
  for (const path of ['manifests', 'blobs']) {
    attack(
      'CVE-2020-15157',
      `a redirect of ${path} to ${where} is not followed`,
      ['src/registry/redirect.ts', 'link-local or metadata address'],
      async (t, world) => {
        const registry = await serve(t);
        registry.on(new RegExp(path), redirectTo(where));
        assertRefused(t, await from(registry, world));
      },
    );
  }
}

attack('CVE-2024-3727', 'a layer with other bytes than its digest is not kept', SAME, async (t, world) => {
  const { document, blobs } = makeEvilImage({ layers: [FILES] });
  const [layer] = document['layers'] as { digest: string }[];
  const registry = await serve(t);
  const other = Buffer.from(blobs.get(layer!.digest)!);
  other[other.length - 1]! ^= 1;
  registry.on(new RegExp(layer!.digest), (_, response) => void response.end(other));
  assertRefused(t, await from(registry, world));
  assertNothingKept(t, world, [layer!.digest, sha256Of(other)]);
});

attack(
  'CVE-2024-24557',
  'a layer with another diff id than its config says is not kept',
  ['src/layer/read-layer.ts', 'if (expect.diffId !== undefined && layer.diffId !== expect.diffId)'],
  async (t, world) => {
    const lie = sha256Of(Buffer.from('a diff id that the victim has'));
    const registry = await serve(t, {
      layers: [FILES],
      config: { rootfs: { type: 'layers', diff_ids: [lie] } },
    });
    assertRefused(t, await from(registry, world));
    assertNothingKept(t, world, [lie]);
  },
);

attack(
  'podman-desktop#16663, #19166',
  'a layer that never ends is cut off at its size',
  ['src/registry/blob-stream.ts', 'more bytes than'],
  async (t, world) => {
    const { document } = makeEvilImage({ layers: [FILES] });
    const [layer] = document['layers'] as { digest: string }[];
    const registry = await serve(t);
    registry.on(new RegExp(layer!.digest), endless());
    assertRefused(t, await from(registry, world));
    assertNothingKept(t, world, [layer!.digest]);
  },
);

attack(
  'CVE-2026-53655',
  'a layer that is a bomb is not kept',
  ['src/layer/decompress/decompress.ts', 'if (output > limits.maxUncompressedBytes)'],
  async (t, world) => {
    const image = { layers: [[{ name: 'a', content: Buffer.alloc(8 << 20) }]] };
    const registry = await serve(t, image);
    const [layer] = makeEvilImage(image).document['layers'] as { digest: string }[];
    assertRefused(t, await from(registry, world, { env: { TSBUILD_MAX_LAYER_SIZE: '4m' } }));
    assertNothingKept(t, world, [layer!.digest]);
  },
);

const attackRun = attackNeeding('sandbox');

attackRun(
  'CVE-2024-3727',
  'a layer for RUN with other bytes than its digest is not kept, though its content is right',
  ['src/registry/blob-stream.ts', 'if (hash && digestOfHash(hash) !== digest)'],
  async (t, world) => {
    const { document, blobs } = makeEvilImage({ layers: [FILES] });
    const [layer] = document['layers'] as { digest: string }[];
    const registry = await serve(t);
    const other = Buffer.from(blobs.get(layer!.digest)!);
    // The time in the header of gzip.
    other[4]! ^= 1;
    registry.on(new RegExp(layer!.digest), (_, response) => void response.end(other));
    const outcome = await from(registry, world, { dockerfileText: RUN });
    t.is('error' in outcome ? outcome.error.code : '', 'REGISTRY_DIGEST_MISMATCH');
    assertNothingKept(t, world, [layer!.digest, sha256Of(other)]);
  },
);

attackRun(
  'CVE-2024-24557',
  'a layer for RUN with another diff id than its config says is not kept',
  ['src/layer/read-layer.ts', 'if (expect.diffId !== undefined && layer.diffId !== expect.diffId)'],
  async (t, world) => {
    const lie = sha256Of(Buffer.from('a diff id that the victim has'));
    const registry = await serve(t, {
      layers: [FILES],
      config: { rootfs: { type: 'layers', diff_ids: [lie] } },
    });
    assertRefused(t, await from(registry, world, { dockerfileText: RUN }));
    assertNothingKept(t, world, [lie]);
  },
);

attackRun(
  'CVE-2026-53655',
  'a layer for RUN that is a bomb is not kept',
  ['src/layer/decompress/decompress.ts', 'if (output > limits.maxUncompressedBytes)'],
  async (t, world) => {
    const image = { layers: [[{ name: 'a', content: Buffer.alloc(8 << 20) }]] };
    const registry = await serve(t, image);
    const [layer] = makeEvilImage(image).document['layers'] as { digest: string }[];
    const env = { TSBUILD_MAX_LAYER_SIZE: '4m' };
    const outcome = await from(registry, world, { dockerfileText: RUN, env });
    t.is('error' in outcome ? outcome.error.code : '', 'LAYER_LIMIT');
    assertNothingKept(t, world, [layer!.digest]);
  },
);

const DOCUMENTS: readonly (readonly [string, string, EvilImage, Defence])[] = [
  [
    'CVE-2021-41190',
    'is an index too',
    { layers: [FILES], manifest: { manifests: [] } },
    ['src/registry/document.ts', 'the document is a manifest and an index at once'],
  ],
  [
    'CVE-2021-41190',
    'has another media type inside',
    { layers: [FILES], manifest: { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' } },
    ['src/registry/document.ts', 'but it calls itself'],
  ],
  [
    'CVE-2024-3727',
    'has a layer digest of dots',
    {
      layers: [FILES],
      manifest: { layers: [{ mediaType: 'x', digest: 'sha256:../../../../etc/passwd', size: 1 }] },
    },
    ['src/registry/document.ts', "parseDigest(value['digest'], what);"],
  ],
  [
    'ggcr#1711',
    'has a config of 8 EB',
    {
      layers: [FILES],
      manifest: { config: { mediaType: 'x', digest: sha256Of(Buffer.from('x')), size: 2 ** 62 } },
    },
    ['src/registry/document.ts', 'a descriptor without a usable size'],
  ],
  [
    'ggcr#1711',
    'has a config of 1 GB',
    {
      layers: [FILES],
      manifest: { config: { mediaType: 'x', digest: sha256Of(Buffer.from('x')), size: 2 ** 30 } },
    },
    ['src/images/resolve-image.ts', 'if (descriptor.size > SMALL_BYTES)'],
  ],
  [
    'ggcr#1711',
    'has 20000 layers',
    {
      layers: [FILES],
      manifest: {
        layers: Array.from({ length: 20_000 }, () => ({
          mediaType: 'x',
          digest: sha256Of(Buffer.from('x')),
          size: 1,
        })),
      },
    },
    ['src/registry/document.ts', 'if (value.length > MAX_DESCRIPTORS)'],
  ],
];

for (const [ids, title, image, defence] of DOCUMENTS) {
  attack(ids, `a manifest that ${title} is refused`, defence, async (t, world) => {
    const registry = await serve(t, image);
    assertRefused(t, await from(registry, world));
    assertNothingKept(t, world, []);
  });
}

attack(
  'ggcr#2204',
  'an index that leads to itself or to indexes without end is refused',
  ['src/registry/select-image.ts', 'if (indexes === MAX_INDEXES)'],
  async (t, world) => {
    const registry = await serve(t);
    const INDEX = 'application/vnd.oci.image.index.v1+json';
    const platform = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' };
    let { manifest } = makeEvilImage({ layers: [FILES] });
    for (let i = 0; i < 20; i++) {
      const document = { schemaVersion: 2, mediaType: INDEX, manifests: [{ ...manifest, platform }] };
      const digest = registry.putManifest('library/evil', document, { type: INDEX, tag: 'latest' });
      manifest = { mediaType: INDEX, digest, size: JSON.stringify(document).length };
    }
    assertRefused(t, await from(registry, world));
  },
);

attack(
  'CVE-2020-15157',
  'the urls of a layer are not asked',
  ['src/registry/client.ts', 'fetchBlob'],
  async (t, world) => {
    const thief = await serve(t);
    const tar = makeEvilImage({ layers: [FILES] });
    const [layer] = tar.document['layers'] as Record<string, unknown>[];
    const registry = await serve(t, {
      layers: [FILES],
      manifest: {
        layers: [
          {
            ...layer,
            urls: [`${thief.origin}/layer`],
            mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
          },
        ],
      },
    });
    await from(registry, world);
    t.is(thief.requests.length, 0);
  },
);
