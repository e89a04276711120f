// The one error class of the project and the closed table of its codes.
// Invariant: every failure a user can cause is a TsbuildError; a plain Error that reaches the top is a bug of tsbuild.

/** Exit status of the process, by what the failure is about. */
const EXIT = {
  step: 1,
  usage: 2,
  dockerfile: 3,
  context: 4,
  host: 5,
  registry: 6,
  store: 7,
  container: 1,
  bug: 70,
  interrupted: 130,
} as const;

type Family = keyof typeof EXIT;

/** Every code there is, with its family. A new failure is one row here. */
const FAMILY_OF = {
  STEP_EXIT_NONZERO: 'step',
  STEP_NOT_FOUND: 'step',
  STEP_KILLED: 'step',
  STEP_USER_NOT_FOUND: 'step',
  STEP_SECRET_MISSING: 'step',
  OPTION_UNKNOWN: 'usage',
  OPTION_INVALID: 'usage',
  OPTION_CONFLICT: 'usage',
  OPTION_UNSUPPORTED: 'usage',
  BAKE_NOT_FOUND: 'usage',
  BAKE_INVALID: 'usage',
  TARGET_NOT_FOUND: 'usage',
  DOCKERFILE_NOT_FOUND: 'dockerfile',
  DOCKERFILE_EMPTY: 'dockerfile',
  DOCKERFILE_SYNTAX: 'dockerfile',
  DOCKERFILE_UNKNOWN_INSTRUCTION: 'dockerfile',
  DOCKERFILE_UNKNOWN_FLAG: 'dockerfile',
  DOCKERFILE_EXPANSION: 'dockerfile',
  DOCKERFILE_UNSUPPORTED: 'dockerfile',
  DOCKERFILE_LINT: 'dockerfile',
  STAGE_NOT_FOUND: 'dockerfile',
  GRAPH_CYCLE: 'dockerfile',
  NOT_ALLOWED: 'dockerfile',
  CONTEXT_NOT_FOUND: 'context',
  CONTEXT_UNREADABLE: 'context',
  CONTEXT_CHANGED: 'context',
  IGNORE_SYNTAX: 'context',
  COPY_NOT_FOUND: 'context',
  COPY_CONFLICT: 'context',
  COPY_OWNER: 'context',
  ADD_REMOTE: 'context',
  ADD_GIT: 'context',
  ADD_CHECKSUM: 'context',
  SANDBOX_NO_UNSHARE: 'host',
  SANDBOX_NO_USERNS: 'host',
  SANDBOX_NO_SUBUID: 'host',
  SANDBOX_NO_KOFFI: 'host',
  SANDBOX_NO_OVERLAY: 'host',
  SANDBOX_NO_NETWORK: 'host',
  SANDBOX_NO_CGROUP: 'host',
  SANDBOX_NO_RUNTIME: 'host',
  SANDBOX_NONE: 'host',
  SANDBOX_NO_EMULATOR: 'host',
  SANDBOX_UNSUPPORTED: 'host',
  SANDBOX_FAILED: 'host',
  HOST_LIMIT: 'host',
  ENGINE_UNREACHABLE: 'host',
  ENGINE_FAILED: 'host',
  REGISTRY_REFERENCE: 'registry',
  REGISTRY_UNREACHABLE: 'registry',
  REGISTRY_UNAUTHORIZED: 'registry',
  REGISTRY_NOT_FOUND: 'registry',
  REGISTRY_PLATFORM: 'registry',
  REGISTRY_DIGEST_MISMATCH: 'registry',
  REGISTRY_PROTOCOL: 'registry',
  REGISTRY_REFUSED: 'registry',
  CREDENTIALS_INVALID: 'registry',
  CACHE_INVALID: 'registry',
  CACHE_UNAVAILABLE: 'registry',
  STORE_CORRUPT: 'store',
  STORE_UNWRITABLE: 'store',
  STORE_FULL: 'store',
  STORE_LOCKED: 'store',
  STORE_IN_USE: 'store',
  STORE_NO_LOCKS: 'store',
  LAYER_UNSAFE: 'store',
  LAYER_INVALID: 'store',
  LAYER_LIMIT: 'store',
  IMAGE_INVALID: 'store',
  IMAGE_NOT_FOUND: 'store',
  IMAGE_IN_USE: 'store',
  ARCHIVE_INVALID: 'store',
  VOLUME_NOT_FOUND: 'container',
  VOLUME_IN_USE: 'container',
  OUTPUT_FAILED: 'store',
  SIGNING_FAILED: 'registry',
  SECRET_LEAKED: 'store',
  CONTAINER_NOT_FOUND: 'container',
  CONTAINER_NAME_TAKEN: 'container',
  CONTAINER_RUNNING: 'container',
  CONTAINER_NOT_RUNNING: 'container',
  CONTAINER_NOT_STARTED: 'container',
  CONTAINER_MOUNT: 'container',
  NETWORK_NOT_FOUND: 'container',
  NETWORK_NAME_TAKEN: 'container',
  NETWORK_IN_USE: 'container',
  NETWORK_ADDRESS: 'container',
  PORT_TAKEN: 'container',
  INTERNAL: 'bug',
  ABORTED: 'interrupted',
} as const satisfies Record<string, Family>;

export type ErrorCode = keyof typeof FAMILY_OF;

/** Every code, with its family and the exit status, in the order of the table. */
export function errorTable(): readonly {
  readonly code: ErrorCode;
  readonly family: Family;
  readonly exit: number;
}[] {
  const rows = Object.entries(FAMILY_OF) as [ErrorCode, Family][];
  return rows.map(([code, family]) => ({ code, family, exit: EXIT[family] }));
}

/** The place of a failure: a range of lines in a text, 1-based and inclusive. With the text, the lines can be shown. */
export interface SourceLocation {
  /** File name as the user wrote it, e.g. `Dockerfile`. */
  readonly file: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly text?: string;
}

export interface ErrorDetails {
  /** How to fix it, one sentence or one command. */
  readonly hint?: string | undefined;
  readonly location?: SourceLocation | undefined;
  readonly cause?: unknown;
  /** Exit code of the failed command of a RUN. */
  readonly exitCode?: number | undefined;
  /** Name of the RUN that failed, as progress shows it: `[build 2/3] RUN make`. */
  readonly step?: string | undefined;
  /** Its last lines, at most ten, without control characters; without secrets that the step was given. */
  readonly log?: string | undefined;
}

/** What {@link TsbuildError.with} says anew. A field that is given as undefined is removed. */
export interface ErrorChanges extends ErrorDetails {
  readonly code?: ErrorCode;
  readonly message?: string;
}

export class TsbuildError extends Error {
  override readonly name = 'TsbuildError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly location: SourceLocation | undefined;
  /** Exit code of the command of a RUN that failed. */
  readonly exitCode: number | undefined;
  /** Name of the RUN that failed, as progress shows it: `[build 2/3] RUN make`. */
  readonly step: string | undefined;
  /** The last lines of a RUN that failed, at most ten, without control characters. */
  readonly log: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.location = details.location;
    this.exitCode = details.exitCode;
    this.step = details.step;
    this.log = details.log;
  }

  /**
   * The same failure with some of it said anew. What is not named is kept; the cause is the first one that is known.
   */
  with({ code = this.code, message = this.message, ...details }: ErrorChanges): TsbuildError {
    const { hint, location, exitCode, step, log, cause = this } = this;
    return new TsbuildError(code, message, { hint, location, exitCode, step, log, cause, ...details });
  }

  /**
   * The same failure with its place in the Dockerfile; a place already known is kept, since it is the more exact one.
   */
  at(location: SourceLocation): TsbuildError {
    return this.location ? this : this.with({ location });
  }
}

/** Exit status of the process for an error of this code. */
export function exitStatusOf(code: ErrorCode): number {
  return EXIT[FAMILY_OF[code]];
}

export const ERROR_CODES: readonly ErrorCode[] = Object.keys(FAMILY_OF) as ErrorCode[];

/** For states that only a bug of tsbuild can reach. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`internal invariant broken: ${message}`);
}
