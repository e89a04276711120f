// What every group of rules gets: the file, what the caller knows beyond it, and where findings go.
import type { SourceLocation } from '../../core/errors.js';
import type { Dockerfile } from '../instruction.js';
import type { RuleName } from './rules.js';

/** What the file does not say. Every part may be absent: rules that need it then keep silent rather than guess. */
export interface CheckFacts {
  /** BUILDKIT_DOCKERFILE_CHECK; wins over the file's `# check=`. */
  readonly checkOption?: string | undefined;
  /** Values of --build-arg. */
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
  /** Values of BUILDPLATFORM, TARGETPLATFORM and the rest; for `--target` also TARGETSTAGE. */
  readonly automaticArgs?: Readonly<Record<string, string>> | undefined;
  /** Indices of the stages that are built; absent: all. Rules on what runs in a stage look at no other. */
  readonly stages?: ReadonlySet<number> | undefined;
  /** The line of an instruction that stops the build: rules on what runs look at none behind it. */
  readonly lastLine?: number | undefined;
  /** By index of a stage whose base is an image: the `Env` of the image's config. */
  readonly baseEnvironments?: ReadonlyMap<number, readonly string[]> | undefined;
  /** Indices of the stages whose base image has a `Shell`. */
  readonly baseShells?: ReadonlySet<number> | undefined;
  /** By stage index: the platform asked for and the one the base image has, formatted. Equal ones are no finding. */
  readonly basePlatforms?:
    ReadonlyMap<number, { readonly expected: string; readonly actual: string }> | undefined;
  /**
   * The pattern of the ignore file that excludes a path of the context. Absent when there is no such file or it has a
   * `!` pattern.
   */
  readonly ignoredBy?: ((path: string) => string | undefined) | undefined;
}

/** @param by the instruction whose options count, when it is not the one at `location` */
export type Report = (rule: RuleName, location: SourceLocation, message: string, by?: SourceLocation) => void;

export interface CheckContext {
  readonly dockerfile: Dockerfile;
  readonly facts: CheckFacts;
  readonly report: Report;
  /** ` (did you mean X?)`, with `prefix` before X, or the empty text. Its work is limited over the whole run. */
  readonly didYouMean: (
    word: string,
    known: ReadonlySet<string> | ReadonlyMap<string, string>,
    prefix?: string,
  ) => string;
}
