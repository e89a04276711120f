// What a provenance tells of a build: collected while it is built, turned into a predicate when it is over.
// Invariant: no value of a secret is among the facts, and no URL has user info, query or fragment of its own.

import type { Digest } from '../core/digest.js';

/** Digests by the name of their algorithm: `sha256`, `sha1`. Hex. */
export type DigestSet = Readonly<Record<string, string>>;

/** Something from outside that went into the image. */
export interface Material {
  /** A package URL of an image, or the URL of a file or repository. */
  readonly uri: string;
  readonly digest?: DigestSet;
}

/** Something that a step may ask for. */
export interface Wanted {
  readonly id: string;
  /** The step goes on without it. */
  readonly isOptional: boolean;
}

/** An executed instruction. */
export interface StepFact {
  /** As shown: `[build 2/3] RUN make`. */
  readonly name: string;
  /** Lines of the Dockerfile, 1-based and inclusive. */
  readonly startLine: number;
  readonly endLine: number;
  /** Positions in the list of steps that it builds upon or takes files from. */
  readonly inputs: readonly number[];
  /** URIs of materials, and names of local sources, that it builds upon or takes files from. */
  readonly sources: readonly string[];
}

export interface BuildFacts {
  /** The same for all platforms of a build. */
  readonly invocationId: string;
  /** Seconds since the epoch. */
  readonly startedOn: number;
  readonly finishedOn: number;
  /** Of the machine: `linux/amd64`. */
  readonly builderPlatform: string;
  /** What the build was started from; `uri` and `digest` when its context came from outside. */
  readonly config: { readonly uri?: string; readonly digest?: DigestSet; readonly path: string };
  /** Options of the build by the names that BuildKit's frontend has for them: `build-arg:V`, `label:L`, `target`. */
  readonly args: Readonly<Record<string, string>>;
  readonly secrets: readonly Wanted[];
  readonly ssh: readonly Wanted[];
  /** Names of sources on this machine, of which no digest is told. */
  readonly locals: readonly string[];
  readonly materials: readonly Material[];
  /** A RUN may have used the network. */
  readonly isNetworkUsed: boolean;
  /** Of the repository that a local context lies in: `source`, `revision`, `localdir:NAME`. */
  readonly vcs: Readonly<Record<string, string>>;
  /** `text` has no user info in its URLs, and `digest` is that of the file. */
  readonly dockerfile: { readonly file: string; readonly text: string; readonly digest: Digest };
  readonly steps: readonly StepFact[];
}
