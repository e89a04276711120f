// Provenance of a build: golden predicates, and what mode=min leaves out. The members are those of BuildKit's
// docs/attestations/slsa-definitions.md.
import test from 'ava';
import fc from 'fast-check';
import type { BuildFacts } from '../../../src/attestation/build-facts.js';
import { provenanceClaim, provenanceV1 } from '../../../src/attestation/provenance.js';
import { digestOf } from '../../../src/core/digest.js';
import { metadataProvenance } from '../../../src/attestation/provenance-v02.js';

const text = 'FROM alpine:3.17\nRUN make\n';
const facts: BuildFacts = {
  invocationId: 'rpv7a389uzil5lqmrgwhijwjz',
  startedOn: 1_637_160_000,
  finishedOn: 1_637_160_060.5,
  builderPlatform: 'linux/amd64',
  config: { path: 'Dockerfile' },
  args: { 'build-arg:V': 'the-value', 'label:team': 'the-team', target: 'release' },
  secrets: [{ id: 'token', isOptional: true }],
  ssh: [{ id: 'default', isOptional: false }],
  locals: ['context', 'dockerfile'],
  materials: [{ uri: 'pkg:docker/alpine@3.17?platform=linux%2Famd64', digest: { sha256: 'ab'.repeat(32) } }],
  isNetworkUsed: true,
  vcs: { source: 'https://github.com/moby/buildkit.git', revision: 'c'.repeat(40) },
  dockerfile: { file: 'Dockerfile', text, digest: digestOf(text) },
  steps: [
    { name: '[1/2] RUN make', startLine: 2, endLine: 2, inputs: [], sources: ['pkg:docker/alpine@3.17'] },
    { name: '[2/2] COPY . .', startLine: 3, endLine: 4, inputs: [0], sources: ['context'] },
  ],
};
const remote: BuildFacts = {
  ...facts,
  config: {
    uri: 'https://github.com/moby/buildkit.git#refs/tags/v0.11.0',
    digest: { sha1: '4b220de5058abfd01ff619c9d2ff6b09a049bea0' },
    path: 'Dockerfile',
  },
  args: {},
  locals: [],
  vcs: {},
  isNetworkUsed: false,
};
const buildType = 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md';

test('mode=min', (t) => {
  t.deepEqual(provenanceClaim(facts, { mode: 'min' }), {
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: {
          configSource: { path: 'Dockerfile' },
          request: {
            frontend: 'dockerfile.v0',
            args: { target: 'release' },
            locals: [{ name: 'context' }, { name: 'dockerfile' }],
          },
        },
        internalParameters: { builderPlatform: 'linux/amd64' },
        resolvedDependencies: facts.materials,
      },
      runDetails: {
        builder: { id: '' },
        metadata: {
          invocationId: 'rpv7a389uzil5lqmrgwhijwjz',
          startedOn: '2021-11-17T14:40:00.000Z',
          finishedOn: '2021-11-17T14:41:00.500Z',
          buildkit_metadata: { vcs: facts.vcs },
          buildkit_completeness: { request: false, resolvedDependencies: false },
        },
      },
    },
  });
});

test('mode=max tells arguments, secrets by name, the Dockerfile and the steps', (t) => {
  const { buildDefinition, runDetails } = provenanceV1(facts, {
    mode: 'max',
    builderId: 'https://ci.example/1',
    reproducible: true,
  });
  t.deepEqual(buildDefinition.externalParameters.request, {
    frontend: 'dockerfile.v0',
    args: facts.args,
    secrets: [{ id: 'token', optional: true }],
    ssh: [{ id: 'default' }],
    locals: [{ name: 'context' }, { name: 'dockerfile' }],
  });
  t.deepEqual(buildDefinition.internalParameters.buildConfig, {
    steps: [
      { id: 'step0', name: '[1/2] RUN make', inputs: ['pkg:docker/alpine@3.17'] },
      { id: 'step1', name: '[2/2] COPY . .', inputs: ['step0', 'context'] },
    ],
  });
  const { metadata, builder } = runDetails;
  t.is(builder.id, 'https://ci.example/1');
  t.true(metadata.buildkit_reproducible);
  t.deepEqual(metadata.buildkit_completeness, { request: true, resolvedDependencies: false });
  const { source } = metadata.buildkit_metadata;
  t.is(Buffer.from(source!.infos[0]!.data, 'base64').toString(), facts.dockerfile.text);
  t.deepEqual(source!.locations['step1'], {
    locations: [{ ranges: [{ start: { line: 3 }, end: { line: 4 } }] }],
  });
});

test('a build out of a repository without network knows all of its dependencies', (t) => {
  const { buildDefinition, runDetails } = provenanceV1(remote, { mode: 'min' });
  t.deepEqual(buildDefinition.externalParameters, {
    configSource: remote.config,
    request: { frontend: 'dockerfile.v0' },
  });
  t.true(runDetails.metadata.buildkit_hermetic);
  t.deepEqual(runDetails.metadata.buildkit_completeness, { request: true, resolvedDependencies: true });
  t.deepEqual(runDetails.metadata.buildkit_metadata, {});
});

test('version v0.2', (t) => {
  t.deepEqual(provenanceClaim(remote, { mode: 'min', version: 'v0.2', builderId: 'b' }), {
    predicateType: 'https://slsa.dev/provenance/v0.2',
    predicate: {
      builder: { id: 'b' },
      buildType: 'https://mobyproject.org/buildkit@v1',
      materials: facts.materials,
      invocation: {
        configSource: { uri: remote.config.uri, digest: remote.config.digest, entryPoint: 'Dockerfile' },
        parameters: { frontend: 'dockerfile.v0' },
        environment: { platform: 'linux/amd64' },
      },
      metadata: {
        buildInvocationID: 'rpv7a389uzil5lqmrgwhijwjz',
        buildStartedOn: '2021-11-17T14:40:00.000Z',
        buildFinishedOn: '2021-11-17T14:41:00.500Z',
        completeness: { parameters: true, environment: true, materials: true },
        reproducible: false,
        'https://mobyproject.org/buildkit@v1#metadata': {},
        'https://mobyproject.org/buildkit@v1#hermetic': true,
      },
    },
  });
});

test('a metadata file has v0.2, by default without steps and times (buildx, build/provenance.go)', (t) => {
  const predicate = provenanceV1(facts, { mode: 'max' });
  const least = metadataProvenance(predicate, 'min');
  t.deepEqual(Object.keys(least), ['builder', 'buildType', 'materials', 'invocation']);
  const most = metadataProvenance(predicate, 'max');
  t.truthy(most.buildConfig);
  t.is(most.metadata!.buildStartedOn, '2021-11-17T14:40:00.000Z');
});

test('no value of an argument or label, and no name of a secret, is in mode=min of any version', (t) => {
  const word = fc.string({ minLength: 1 }).map((text) => `needle-${text}`);
  const pairs = fc.dictionary(word, word);
  fc.assert(
    fc.property(pairs, pairs, fc.array(word), (buildArgs, labels, secrets) => {
      const named = (prefix: string, values: object) =>
        Object.fromEntries(Object.entries(values).map(([key, text]) => [`${prefix}:${key}`, text]));
      const args = { ...named('build-arg', buildArgs), ...named('label', labels) };
      const wanted = secrets.map((id) => ({ id, isOptional: false }));
      const secretive = { ...facts, args, secrets: wanted, ssh: wanted };
      for (const version of ['v1', 'v0.2'] as const) {
        const text = JSON.stringify(provenanceClaim(secretive, { mode: 'min', version }));
        if (text.includes('needle')) return false;
      }
      return true;
    }),
  );
  t.pass();
});
