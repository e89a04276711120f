// The SLSA provenance of a build with the members that BuildKit gives it, so that its readers read it
// (solver/llbsolver/provenance/predicate.go, docs/attestations/slsa-definitions.md). Pure.
// Invariant: with mode=min neither values of build arguments, labels nor names of secrets and agents are in it.
import { hexOf } from '../core/digest.js';
import type { ProvenanceRequest } from '../plan/request.js';
import type { BuildFacts, StepFact, Wanted } from './build-facts.js';
import { toVersion02 } from './provenance-v02.js';
import type {
  BuildConfig,
  ProvenanceV1,
  RequestParameters,
  SourceMap,
  WantedJson,
} from './provenance-types.js';
import type { Claim } from './statement.js';

const PROVENANCE_V1 = 'https://slsa.dev/provenance/v1';
const PROVENANCE_V02 = 'https://slsa.dev/provenance/v0.2';
const BUILD_TYPE = 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md';

/** In the version that is asked for. */
export function provenanceClaim(facts: BuildFacts, request: ProvenanceRequest): Claim {
  const predicate = provenanceV1(facts, request);
  return request.version === 'v0.2'
    ? { predicateType: PROVENANCE_V02, predicate: toVersion02(predicate) }
    : { predicateType: PROVENANCE_V1, predicate };
}

export function provenanceV1(facts: BuildFacts, request: ProvenanceRequest): ProvenanceV1 {
  const isMax = request.mode === 'max';
  const isComplete = facts.locals.length === 0;
  const args = isMax ? facts.args : withoutValues(facts.args);
  const { materials, vcs } = facts;
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { configSource: facts.config, request: parametersOf({ ...facts, args }, isMax) },
      internalParameters: {
        ...(isMax && { buildConfig: buildConfigOf(facts.steps) }),
        builderPlatform: facts.builderPlatform,
      },
      ...(materials.length > 0 && { resolvedDependencies: materials }),
    },
    runDetails: {
      builder: { id: request.builderId ?? '' },
      metadata: {
        invocationId: facts.invocationId,
        startedOn: timeText(facts.startedOn),
        finishedOn: timeText(facts.finishedOn),
        buildkit_metadata: {
          ...(Object.keys(vcs).length > 0 && { vcs: { ...vcs } }),
          ...(isMax && { source: sourceMapOf(facts) }),
        },
        ...(isComplete && !facts.isNetworkUsed && { buildkit_hermetic: true as const }),
        buildkit_completeness: {
          request: Object.keys(args).length === Object.keys(facts.args).length,
          resolvedDependencies: isComplete,
        },
        ...(request.reproducible === true && { buildkit_reproducible: true as const }),
      },
    },
  };
}

function withoutValues(args: BuildFacts['args']): BuildFacts['args'] {
  return Object.fromEntries(Object.entries(args).filter(([name]) => !/^(?:build-arg|label):/.test(name)));
}

function parametersOf({ args, secrets, ssh, locals }: BuildFacts, isMax: boolean): RequestParameters {
  return {
    frontend: 'dockerfile.v0',
    ...(Object.keys(args).length > 0 && { args }),
    ...(isMax && secrets.length > 0 && { secrets: secrets.map(wantedJson) }),
    ...(isMax && ssh.length > 0 && { ssh: ssh.map(wantedJson) }),
    ...(locals.length > 0 && { locals: locals.map((name) => ({ name })) }),
  };
}

function wantedJson({ id, isOptional }: Wanted): WantedJson {
  return { id, ...(isOptional && { optional: true as const }) };
}

function buildConfigOf(steps: readonly StepFact[]): BuildConfig {
  return {
    steps: steps.map(({ name, inputs, sources }, at) => ({
      id: idOf(at),
      name,
      inputs: [...inputs.map(idOf), ...sources],
    })),
  };
}

function sourceMapOf({ dockerfile: { file, text, digest }, steps }: BuildFacts): SourceMap {
  const locations = steps.map(({ startLine, endLine }, at) => {
    const ranges = [{ start: { line: startLine }, end: { line: endLine } }];
    return [idOf(at), { locations: [{ ranges }] }] as const;
  });
  const data = Buffer.from(text).toString('base64');
  return {
    locations: Object.fromEntries(locations),
    infos: [{ filename: file, language: 'Dockerfile', data, digest: { sha256: hexOf(digest) } }],
  };
}

function idOf(at: number): string {
  return `step${at}`;
}

/** RFC 3339, milliseconds. */
function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
