// Attestations in each kind of registry: the image before what is said of it, in both forms, read back by the rules of
// buildx; and read by tools that others wrote.
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { inspectAttestations, inspectManifest, push } from '../../src/index.js';
import { digestOf, type Digest } from '../../src/core/digest.js';
import type { ImageIndex } from '../../src/oci/types.js';
import type { BuildRequest } from '../../src/plan/request.js';
import { builder } from '../support/in-process-build.js';
import { personaFor } from '../support/personas/persona.js';
import { PERSONA_NAMES } from '../support/personas/rules.js';
import { startRealRegistry } from '../support/real-registry.js';
import { testNeeding } from '../support/requirements.js';

const ATTESTED: Partial<BuildRequest> = {
  dockerfileText: 'FROM scratch\nCOPY a /a\n',
  isolation: 'none',
  provenance: { mode: 'min' },
  isSbomWanted: true,
};
const KINDS = ['provenance', 'sbom'] as const;

function scene(t: ExecutionContext) {
  const made = builder(t);
  made.write({ a: 'a' });
  const options = { env: { ...process.env, TSBUILD_ROOT: `${made.store}-empty` } };
  return { ...made, options };
}

/** Digests of images and of attestations, in the order of their PUTs; tags last. */
function puts(log: readonly { readonly method: string; readonly url: string }[]): readonly string[] {
  return log.flatMap(({ method, url }) =>
    method === 'PUT' && url.includes('/manifests/') ? [url.replace(/^.*\/manifests\//, '')] : [],
  );
}

for (const name of PERSONA_NAMES)
  test(`${name}: an image, then its attestation, then the index under its tag`, async (t) => {
    const persona = await personaFor(t, name);
    persona.createRepository('team/app');
    const { build, fail, options } = scene(t);
    const image = `${persona.host}/team/app:1`;
    const outputs = [{ type: 'image', push: true } as const];
    if (name === 'gitlab') {
      // Its list of types has none of artifacts.
      const refused = await fail({ ...ATTESTED, tags: [image], outputs });
      t.is(refused.code, 'REGISTRY_REFUSED');
      t.regex(refused.message, /^the attestation was refused: /);
      t.regex(refused.hint!, /oci-artifact=false/);
      persona.forgetLog();
    }
    const areAttestationsArtifacts = name !== 'gitlab';
    const { digest } = await build({ ...ATTESTED, areAttestationsArtifacts, tags: [image], outputs });
    const index = JSON.parse(persona.manifest('team/app', '1')!.toString()) as ImageIndex;
    const [first, attestation] = index.manifests.map((entry) => entry.digest) as [Digest, Digest];
    const order = puts(persona.log).filter((reference) => reference !== digest);
    t.deepEqual(order.slice(-3), [first, attestation, '1']);
    const found = await inspectAttestations({ name: image, kinds: KINDS }, options);
    t.deepEqual([...found.provenance.keys()], found.platforms);
    t.deepEqual([...found.sbom.keys()], found.platforms);
  });

for (const name of PERSONA_NAMES)
  test(`${name}: an image of the store is pushed with its attestations, as it was built`, async (t) => {
    const persona = await personaFor(t, name);
    persona.createRepository('team/app');
    const { build, store } = scene(t);
    const image = `${persona.host}/team/app:1`;
    const { digest } = await build({
      ...ATTESTED,
      areAttestationsArtifacts: name !== 'gitlab',
      tags: [image],
    });
    const [pushed] = await push({ image }, { env: { ...process.env, TSBUILD_ROOT: store } });
    t.is(pushed!.digest, digest as Digest);
    const bytes = persona.manifest('team/app', '1')!;
    t.is(digestOf(bytes), digest as Digest);
    const index = JSON.parse(bytes.toString()) as ImageIndex;
    const parts = index.manifests.map((entry) => entry.digest);
    t.deepEqual(
      puts(persona.log).filter((reference) => reference !== digest),
      [...parts, '1'],
    );
  });

for (const areAttestationsArtifacts of [true, false])
  testNeeding('registry', 'skopeo')(
    `skopeo and podman's library see the image, attested ${areAttestationsArtifacts ? 'by an artifact' : 'as before'}`,
    async (t) => {
      const registry = await startRealRegistry();
      t.teardown(() => registry.stop());
      const { build, options } = scene(t);
      const name = `${registry.host}/team/app`;
      const outputs = [{ type: 'image', push: true } as const];
      const plain = await build({
        ...ATTESTED,
        provenance: undefined!,
        isSbomWanted: false,
        tags: [`${name}:0`],
        outputs,
      });
      await build({ ...ATTESTED, areAttestationsArtifacts, tags: [`${name}:1`], outputs });
      const skopeo = (...args: readonly string[]): string =>
        execFileSync('skopeo', args, { encoding: 'utf8' });
      const inspected = (tag: string) =>
        JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${name}:${tag}`)) as {
          Layers: string[];
        };
      t.deepEqual(inspected('1').Layers, inspected('0').Layers);
      const index = JSON.parse(
        skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}:1`),
      ) as ImageIndex;
      t.is(index.manifests[0]!.digest, plain.digest as Digest, 'the manifest of the image is what it was');
      const found = await inspectManifest({ name: `${name}:1`, hasAttestations: true }, options);
      t.is(found.attestations!.provenance.size, 1);
      skopeo(
        'copy',
        '--all',
        '--src-tls-verify=false',
        `docker://${name}:1`,
        `dir:${options.env.TSBUILD_ROOT}-copy`,
      );
    },
  );
