// What is said of a build with a scripted sandbox and registry: where each thing came from, what each step took.
import test, { type ExecutionContext } from 'ava';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProvenanceV1 } from '../../src/attestation/provenance-types.js';
import { readAttestations } from '../../src/attestation/read-attestations.js';
import { storedAttestations } from '../../src/api/attestation-content.js';
import { hexOf, type Digest } from '../../src/core/digest.js';
import { formatPlatform, parsePlatform, platformOfNode } from '../../src/oci/platform.js';
import { parseReference } from '../../src/oci/reference.js';
import type { BuildRequest } from '../../src/plan/request.js';
import { createRig, type Rig } from '../rig/rig.js';
import { file } from '../support/sandbox-rootfs.js';

const own = formatPlatform(platformOfNode(process.arch));
const platform = encodeURIComponent(own);

function rigOf(t: ExecutionContext): Rig {
  const rig = createRig(t);
  rig.endAll((command) => [file(command, command)]);
  rig.write({ a: 'a' });
  return rig;
}

async function attestationsOf(rig: Rig, text: string, request: Partial<BuildRequest>) {
  const asked: Partial<BuildRequest> = { provenance: { mode: 'max' }, tags: ['app:1'], ...request };
  const { digest } = await rig.build(text, asked).result;
  const content = storedAttestations(rig.store, 'app:1');
  const document = await content.readManifest(digest as Digest);
  return readAttestations(document, content, new Set(['provenance', 'sbom'] as const));
}

/** Of the image for this machine. */
async function provenanceOf(rig: Rig, text: string, request: Partial<BuildRequest> = {}) {
  const { provenance } = await attestationsOf(rig, text, request);
  return provenance.get(own)!.SLSA as ProvenanceV1;
}

async function serve(rig: Rig, name: string): Promise<Digest> {
  await rig.serve(name);
  return (await rig.client.resolve(parseReference(name))).digest;
}

const requestOf = ({ buildDefinition }: ProvenanceV1) => buildDefinition.externalParameters.request;

test('bases, images that files are copied from and named contexts are told by their digests, once', async (t) => {
  const rig = rigOf(t);
  const base = await serve(rig, 'base');
  const tools = await serve(rig, 'tools:2');
  const other = await serve(rig, 'other');
  const text = `
FROM base AS build
FROM base
COPY --from=tools:2 /etc/passwd /p
COPY --from=named /etc/passwd /q
COPY --from=build /etc/passwd /r
`;
  const found = await provenanceOf(rig, text, { buildContexts: { named: 'docker-image://other' } });
  t.deepEqual(found.buildDefinition.resolvedDependencies, [
    { uri: `pkg:docker/base@latest?platform=${platform}`, digest: { sha256: hexOf(base) } },
    { uri: `pkg:docker/other@latest?platform=${platform}`, digest: { sha256: hexOf(other) } },
    { uri: `pkg:docker/tools@2?platform=${platform}`, digest: { sha256: hexOf(tools) } },
  ]);
  t.deepEqual(requestOf(found).locals, [{ name: 'dockerfile' }]);
  t.deepEqual(requestOf(found).args, { 'context:named': 'docker-image://other' });
});

test('a directory of this machine is told by the name of its context, never by its path', async (t) => {
  const rig = rigOf(t);
  const library = join(rig.context, '..', 'library');
  mkdirSync(library);
  writeFileSync(join(library, 'l'), 'l');
  const found = await provenanceOf(rig, 'FROM scratch\nCOPY a /a\nCOPY --from=lib l /l\n', {
    buildContexts: { lib: library },
  });
  t.deepEqual(
    requestOf(found).locals!.map(({ name }) => name),
    ['context', 'dockerfile', 'lib'],
  );
  t.deepEqual(requestOf(found).args, { 'context:lib': 'local:lib' });
  t.false(JSON.stringify(found).includes(library));
  t.false(found.runDetails.metadata.buildkit_completeness.resolvedDependencies);
});

test('each step names the steps, images and contexts that it takes from', async (t) => {
  const rig = rigOf(t);
  await serve(rig, 'base');
  const text = `FROM base AS one
RUN one
FROM one AS two
RUN two
FROM scratch
COPY --from=two /one /x
COPY a /a
COPY <<EOF /h
text
EOF
`;
  const found = await provenanceOf(rig, text);
  const { steps } = found.buildDefinition.internalParameters.buildConfig!;
  t.deepEqual(
    steps.map(({ id, name, inputs }) => ({ id, name: name.replace(/^\[.*?\] /, ''), inputs })),
    [
      { id: 'step0', name: 'RUN one', inputs: [`pkg:docker/base@latest?platform=${platform}`] },
      { id: 'step1', name: 'RUN two', inputs: ['step0'] },
      { id: 'step2', name: 'COPY --from=two /one /x', inputs: ['step1'] },
      { id: 'step3', name: 'COPY a /a', inputs: ['step2', 'context'] },
      { id: 'step4', name: 'COPY <<EOF /h', inputs: ['step3'] },
    ],
  );
  const { locations } = found.runDetails.metadata.buildkit_metadata.source!;
  t.deepEqual(locations['step4'], {
    locations: [{ ranges: [{ start: { line: 8 }, end: { line: 10 } }] }],
  });
});

test('secrets are told by name, and wanted is what one step cannot do without', async (t) => {
  const rig = rigOf(t);
  await serve(rig, 'base');
  const text = `
FROM base
RUN --mount=type=secret,id=b --mount=type=secret,id=a one
RUN --mount=type=secret,id=a,required=true two
`;
  const secrets = ['a', 'b'].map((id) => ({ id, value: Buffer.from(`value-of-${id}-123`) }));
  const found = await provenanceOf(rig, text, { secrets });
  t.deepEqual(requestOf(found).secrets, [{ id: 'a' }, { id: 'b', optional: true }]);
  t.false(JSON.stringify(found).includes('value-of'));
});

test('the images of several platforms are of one invocation, each with steps of its own', async (t) => {
  const rig = rigOf(t);
  const machine = platformOfNode(process.arch);
  const other = parsePlatform(machine.architecture === 'arm64' ? 'linux/amd64' : 'linux/arm64', machine);
  const text = 'FROM scratch\nARG TARGETARCH\nCOPY a /$TARGETARCH\n';
  const { provenance } = await attestationsOf(rig, text, { platforms: [machine, other], isSbomWanted: true });
  const [first, second] = [...provenance.values()].map(({ SLSA }) => SLSA as ProvenanceV1);
  t.is(first!.runDetails.metadata.invocationId, second!.runDetails.metadata.invocationId);
  const [ofFirst, ofSecond] = [first!, second!].map(
    ({ buildDefinition }) => buildDefinition.internalParameters.buildConfig!.steps[0]!.name,
  );
  t.not(ofFirst, ofSecond);
});

test('a secret in a Dockerfile is refused where the text is told, and nowhere else', async (t) => {
  const rig = rigOf(t);
  await serve(rig, 'base');
  const secrets = [{ id: 'token', value: Buffer.from('hunter2-hunter2') }];
  const text = 'FROM base\n# hunter2-hunter2\nCOPY a /a\n';
  const common = { secrets, tags: ['app:1'] };
  const error = await rig.build(text, { ...common, provenance: { mode: 'max' } }).failure();
  t.is(error.code, 'SECRET_LEAKED');
  t.regex(error.message, /^the value of secret token is in the provenance/);
  await t.notThrowsAsync(rig.build(text, { ...common, provenance: { mode: 'min' } }).result);
});

test('without these options nothing is said, and the image is named alone', async (t) => {
  const rig = rigOf(t);
  const { digest, configDigest } = await rig.build('FROM scratch\nCOPY a /a\n', { tags: ['app:1'] }).result;
  t.truthy(configDigest);
  const content = storedAttestations(rig.store, 'app:1');
  t.is((await content.readManifest(digest as Digest)).kind, 'manifest');
});
