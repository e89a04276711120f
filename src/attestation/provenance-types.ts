// The predicates of SLSA provenance, member for member as BuildKit writes them (solver/llbsolver/provenance/types).
import type { DigestSet, Material } from './build-facts.js';

export interface RequestParameters {
  readonly frontend: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly secrets?: readonly WantedJson[];
  readonly ssh?: readonly WantedJson[];
  readonly locals?: readonly { readonly name: string }[];
}

export interface WantedJson {
  readonly id: string;
  readonly optional?: true;
}

/** BuildKit has its LLB there. Here it is the list of executed instructions. */
export interface BuildConfig {
  readonly steps: readonly {
    readonly id: string;
    readonly name: string;
    /** Ids of other steps, URIs of `resolvedDependencies`, names of `locals`. */
    readonly inputs: readonly string[];
  }[];
}

/** The Dockerfile, and the lines of it that each step comes from. */
export interface SourceMap {
  readonly locations: Readonly<Record<string, { readonly locations: readonly object[] }>>;
  readonly infos: readonly {
    readonly filename: string;
    readonly language: 'Dockerfile';
    /** Base64. */
    readonly data: string;
    readonly digest: DigestSet;
  }[];
}

export interface BuildKitMetadata {
  readonly vcs?: Readonly<Record<string, string>>;
  readonly source?: SourceMap;
}

export interface ProvenanceV1 {
  readonly buildDefinition: {
    readonly buildType: string;
    readonly externalParameters: {
      readonly configSource: { readonly uri?: string; readonly digest?: DigestSet; readonly path: string };
      readonly request: RequestParameters;
    };
    readonly internalParameters: { readonly buildConfig?: BuildConfig; readonly builderPlatform: string };
    readonly resolvedDependencies?: readonly Material[];
  };
  readonly runDetails: {
    readonly builder: { readonly id: string };
    readonly metadata: {
      readonly invocationId: string;
      /** RFC 3339. */
      readonly startedOn: string;
      readonly finishedOn: string;
      readonly buildkit_metadata: BuildKitMetadata;
      readonly buildkit_hermetic?: true;
      readonly buildkit_completeness: { readonly request: boolean; readonly resolvedDependencies: boolean };
      readonly buildkit_reproducible?: true;
    };
  };
}

export interface ProvenanceV02 {
  readonly builder: { readonly id: string };
  readonly buildType: string;
  readonly materials?: readonly Material[];
  readonly invocation: {
    readonly configSource: {
      readonly uri?: string;
      readonly digest?: DigestSet;
      readonly entryPoint: string;
    };
    readonly parameters: RequestParameters;
    readonly environment: { readonly platform: string };
  };
  readonly buildConfig?: BuildConfig;
  readonly metadata?: {
    readonly buildInvocationID: string;
    /** RFC 3339. */
    readonly buildStartedOn: string;
    readonly buildFinishedOn: string;
    readonly completeness: {
      readonly parameters: boolean;
      readonly environment: true;
      readonly materials: boolean;
    };
    readonly reproducible: boolean;
    readonly 'https://mobyproject.org/buildkit@v1#metadata': BuildKitMetadata;
    readonly 'https://mobyproject.org/buildkit@v1#hermetic'?: true;
  };
}
