// Signatures of what is pushed, in each kind of registry: found by the list that the registry keeps, or by the one
// under a tag; and verified.
import test, { type ExecutionContext } from 'ava';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { push } from '../../src/index.js';
import { MEDIA, type ImageIndex, type ImageManifest } from '../../src/oci/types.js';
import type { BuildRequest, BuildResult } from '../../src/plan/request.js';
import { builder } from '../support/in-process-build.js';
import { personaFor } from '../support/personas/persona.js';
import { PERSONA_NAMES, rulesOf } from '../support/personas/rules.js';
import { startRealRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';
import { newKey, verifiedStatement, type KeyFiles } from '../support/signing.js';
import { tempDir } from '../support/temp-store.js';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const SIGNATURE = 'https://sigstore.dev/cosign/sign/v1';
const PUSHED: Partial<BuildRequest> = {
  dockerfileText: 'FROM scratch\nCOPY a /a\n',
  isolation: 'none',
  outputs: [{ type: 'image', push: true }],
};

/** Reads what a registry has. */
interface Reader {
  /** Of a manifest by its digest, its tag, or of a path below the repository. */
  json(path: string): Promise<unknown>;
  bytes(digest: string): Promise<Buffer>;
}

function readerOf(host: string, repository: string): Reader {
  const get = async (path: string): Promise<Response> => {
    const response = await fetch(`http://${host}/v2/${repository}/${path}`, {
      headers: { accept: [MEDIA.ociIndex, MEDIA.ociManifest].join(', ') },
    });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response;
  };
  return {
    json: async (path) => (await get(path)).json(),
    bytes: async (digest) => Buffer.from(await (await get(`blobs/${digest}`)).arrayBuffer()),
  };
}

function scene(t: ExecutionContext) {
  const made = builder(t);
  made.write({ a: 'a' });
  return { ...made, key: newKey(tempDir(t)) };
}

/** The statements of a list, verified with the key. */
async function statementsOf(
  t: ExecutionContext,
  list: ImageIndex,
  { reader, key }: { readonly reader: Reader; readonly key: KeyFiles },
): Promise<readonly { readonly predicateType: string; readonly subject: unknown; of: string }[]> {
  return Promise.all(
    list.manifests.map(async (entry) => {
      const manifest = (await reader.json(`manifests/${entry.digest}`)) as ImageManifest;
      t.is(manifest.artifactType, BUNDLE);
      t.is(entry.artifactType, BUNDLE);
      t.is(manifest.config.mediaType, 'application/vnd.oci.empty.v1+json');
      t.is(manifest.annotations?.['dev.sigstore.bundle.content'], 'dsse-envelope');
      t.deepEqual(entry.annotations, manifest.annotations);
      const [layer] = manifest.layers;
      t.is(layer!.mediaType, BUNDLE);
      const statement = verifiedStatement(await reader.bytes(layer!.digest), key);
      t.is(manifest.annotations?.['dev.sigstore.bundle.predicateType'], statement.predicateType);
      return { ...statement, of: manifest.subject!.digest };
    }),
  );
}

/** Of a build that made an image. */
function digestIn({ digest }: BuildResult): string {
  if (digest === undefined) throw new Error('no image was made');
  return digest;
}

const sha256 = (digest: string) => ({ sha256: digest.slice('sha256:'.length) });

for (const name of PERSONA_NAMES.filter((one) => one !== 'gitlab'))
  test(`${name}: the signature of an image is attached to it, and the image is what it is without`, async (t) => {
    const persona = await personaFor(t, name);
    persona.createRepository('team/app');
    const { build, key } = scene(t);
    const image = `${persona.host}/team/app:1`;
    const plain = await build({ ...PUSHED, tags: [image] });
    const digest = digestIn(await build({ ...PUSHED, tags: [image], sign: { key: key.private } }));
    t.is(digest, digestIn(plain));
    const reader = readerOf(persona.host, 'team/app');
    const tag = digest.replace(':', '-');
    const isListed = rulesOf(name).artifacts === 'listed';
    t.is(persona.manifest('team/app', tag) === undefined, isListed);
    const path = isListed ? `referrers/${digest}` : `manifests/${tag}`;
    const found = await statementsOf(t, (await reader.json(path)) as ImageIndex, { reader, key });
    t.like(found, [{ predicateType: SIGNATURE, subject: [{ digest: sha256(digest) }], of: digest }]);
    t.is(found.length, 1);
  });

test('gitlab: a registry that takes no artifacts says so, and has the image', async (t) => {
  const persona = await personaFor(t, 'gitlab');
  const { fail, key } = scene(t);
  const error = await fail({ ...PUSHED, tags: [`${persona.host}/team/app:1`], sign: { key: key.private } });
  t.is(error.code, 'REGISTRY_REFUSED');
  t.regex(error.message, /team\/app does not take the signature, the image is there without it: /);
  t.not(persona.manifest('team/app', '1'), undefined);
});

const withRegistry = testNeeding('registry');

withRegistry(
  'docker-registry: image, provenance and SBOM are signed, and an image of the store',
  async (t) => {
    const registry = await startRealRegistry();
    t.teardown(() => registry.stop());
    const { build, key, store } = scene(t);
    const reader = readerOf(registry.host, 'team/app');
    const listOf = async (digest: string) =>
      (await reader.json(`manifests/${digest.replace(':', '-')}`)) as ImageIndex;
    const attested: Partial<BuildRequest> = { provenance: { mode: 'min' }, isSbomWanted: true };
    const sign = { key: key.private };
    const digest = digestIn(
      await build({ ...PUSHED, ...attested, tags: [`${registry.host}/team/app:1`], sign }),
    );
    t.like(await statementsOf(t, await listOf(digest), { reader, key }), [
      { predicateType: SIGNATURE, subject: [{ digest: sha256(digest) }], of: digest },
    ]);
    const { manifests } = (await reader.json(`manifests/${digest}`)) as ImageIndex;
    const [image] = manifests;
    const claims = await statementsOf(t, await listOf(image!.digest), { reader, key });
    t.deepEqual(claims.map(({ predicateType }) => predicateType).toSorted(), [
      'https://slsa.dev/provenance/v1',
      'https://spdx.dev/Document',
    ]);
    for (const { subject, of } of claims) {
      t.is(of, image!.digest);
      t.like(subject, [{ digest: sha256(image!.digest) }]);
    }
    // Of the store, with a key of the environment; in two repositories at once.
    const names = ['2', '3'].map((tag) => `${registry.host}/team/app:${tag}`);
    await build({ ...PUSHED, dockerfileText: 'FROM scratch\nCOPY a /b\n', tags: names, outputs: [] });
    const env = { ...process.env, TSBUILD_ROOT: store, IMAGE_KEY: key.pem };
    const pushed = await Promise.all(
      names.map((name) => push({ image: name, sign: { key: 'env://IMAGE_KEY' } }, { env })),
    );
    const [second] = pushed.flat();
    // Both pushes are of one image: both signatures are in the list.
    const both = await statementsOf(t, await listOf(second!.digest), { reader, key });
    t.deepEqual(
      both.map(({ of }) => of),
      [second!.digest, second!.digest],
    );
  },
);

withRegistry(
  'a key that cannot sign, and a signature that nobody could find, are refused before anything is built',
  async (t) => {
    const registry = await startRealRegistry();
    t.teardown(() => registry.stop());
    const { fail, events } = scene(t);
    const folder = tempDir(t);
    const tags = [`${registry.host}/team/app:1`];
    const path = join(folder, 'ed25519.key');
    writeFileSync(path, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(folder, 'text.key'), 'a secret that is no key');
    for (const [key, message] of [
      [path, /is a key of type ed25519, not one of the curve P-256/],
      [join(folder, 'text.key'), /text\.key is no private key in PEM$/],
      [join(folder, 'none.key'), /none\.key cannot be read: ENOENT$/],
      ['env://NO_SUCH_KEY', /env:\/\/NO_SUCH_KEY is not set$/],
    ] as const) {
      const error = await fail({ ...PUSHED, tags, sign: { key } });
      t.is(error.code, 'SIGNING_FAILED');
      t.regex(error.message, message);
      t.notRegex(`${error.message}${error.hint}`, /a secret/);
    }
    const keyless = await fail({ ...PUSHED, tags, sign: { keyless: true } });
    t.is(keyless.code, 'SIGNING_FAILED');
    t.regex(keyless.hint!, /^npm install --save-dev @sigstore\/sign@4\.1\.1, or sign with a key/);
    const unpushed = await fail({ ...PUSHED, outputs: [], sign: { key: 'image.key' } });
    t.is(unpushed.code, 'OPTION_CONFLICT');
    t.false(events.some((event) => JSON.stringify(event).includes('COPY')));
  },
);
