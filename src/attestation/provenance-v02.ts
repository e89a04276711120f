// The same provenance as SLSA v0.2 has it (BuildKit's solver/llbsolver/provenance/types, ConvertToSLSA02). Pure.
import type { ProvenanceV02, ProvenanceV1 } from './provenance-types.js';

const BUILD_TYPE = 'https://mobyproject.org/buildkit@v1';

export function toVersion02({ buildDefinition, runDetails }: ProvenanceV1): ProvenanceV02 {
  const { externalParameters, internalParameters, resolvedDependencies } = buildDefinition;
  const { path, ...source } = externalParameters.configSource;
  const { metadata } = runDetails;
  return {
    builder: runDetails.builder,
    buildType: BUILD_TYPE,
    ...(resolvedDependencies && { materials: resolvedDependencies }),
    invocation: {
      configSource: { ...source, entryPoint: path },
      parameters: externalParameters.request,
      environment: { platform: internalParameters.builderPlatform },
    },
    ...(internalParameters.buildConfig && { buildConfig: internalParameters.buildConfig }),
    metadata: {
      buildInvocationID: metadata.invocationId,
      buildStartedOn: metadata.startedOn,
      buildFinishedOn: metadata.finishedOn,
      completeness: {
        parameters: metadata.buildkit_completeness.request,
        environment: true,
        materials: metadata.buildkit_completeness.resolvedDependencies,
      },
      reproducible: metadata.buildkit_reproducible ?? false,
      'https://mobyproject.org/buildkit@v1#metadata': metadata.buildkit_metadata,
      ...(metadata.buildkit_hermetic && { 'https://mobyproject.org/buildkit@v1#hermetic': true as const }),
    },
  };
}

/** What a metadata file gets by default (buildx's build/provenance.go): without steps, times and sources. */
export function metadataProvenance(predicate: ProvenanceV1, mode: 'min' | 'max'): ProvenanceV02 {
  const whole = toVersion02(predicate);
  if (mode === 'max') return whole;
  const { buildConfig: _, metadata: __, ...rest } = whole;
  return rest;
}
