// The 18 instructions as data. Nothing is expanded here: variables stand as written, with their quotes, for the plan to
// expand.
import type { SourceLocation } from '../core/errors.js';

export interface Heredoc {
  /** The word, unquoted: `EOF`. */
  readonly name: string;
  /**
   * Body with its line endings, as it stands in the file. For `<<-` the tabs are already stripped in `content`, kept in
   * `raw`.
   */
  readonly content: string;
  readonly raw: string;
  /** False when any part of the word was quoted. */
  readonly expand: boolean;
  /** `<<-`. */
  readonly chomp: boolean;
}

interface Base {
  /** Where it stands. `text` is the whole file, so that a frame can be drawn. */
  readonly location: SourceLocation;
  /** Upper-case keyword. */
  readonly keyword: string;
  /** As written (for casing rules). */
  readonly keywordAsWritten: string;
  /**
   * The logical line: continuations joined, comments dropped, as BuildKit's node.Original; heredoc bodies are not in
   * it.
   */
  readonly original: string;
  /** The comment lines above, without `#`, as far as an empty comment; empty lines do not count. */
  readonly comments: readonly string[];
}

/** Shell form keeps the text verbatim in `args[0]`; exec form holds the JSON strings. */
export interface CommandLine {
  readonly form: 'shell' | 'exec';
  readonly args: readonly string[];
  /** Heredocs of the line, in order. */
  readonly heredocs: readonly Heredoc[];
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface FromInstruction extends Base {
  readonly kind: 'from';
  readonly image: string;
  readonly platform?: string;
  /** Lower-cased. */
  readonly stageName?: string;
  readonly stageNameAsWritten?: string;
  /** The `AS` word as written. */
  readonly asKeyword?: string;
}
export interface ArgInstruction extends Base {
  readonly kind: 'arg';
  readonly args: readonly { readonly key: string; readonly value?: string }[];
}
export interface EnvInstruction extends Base {
  readonly kind: 'env';
  readonly pairs: readonly KeyValue[];
  /** `ENV key value`. */
  readonly isLegacy: boolean;
}
export interface LabelInstruction extends Base {
  readonly kind: 'label';
  readonly pairs: readonly KeyValue[];
  readonly isLegacy: boolean;
}
export interface RunInstruction extends Base {
  readonly kind: 'run';
  readonly command: CommandLine;
  /** The raw CSV of each --mount, validated for syntax; `parseMount` gives the data once variables can be expanded. */
  readonly mounts: readonly string[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
  readonly devices: readonly string[];
}
/** A COPY or ADD source that is a heredoc: the file `name` with `content`. */
export interface HeredocSource {
  readonly name: string;
  readonly content: string;
  readonly expand: boolean;
}
interface CopyLike extends Base {
  readonly sources: readonly string[];
  readonly heredocs: readonly HeredocSource[];
  readonly dest: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly isLink: boolean;
  readonly excludes: readonly string[];
}
export interface CopyInstruction extends CopyLike {
  readonly kind: 'copy';
  readonly from?: string;
  readonly isParents: boolean;
}
export interface AddInstruction extends CopyLike {
  readonly kind: 'add';
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
}
export interface CmdInstruction extends Base {
  readonly kind: 'cmd';
  readonly command: CommandLine;
}
export interface EntrypointInstruction extends Base {
  readonly kind: 'entrypoint';
  readonly command: CommandLine;
}
export interface WorkdirInstruction extends Base {
  readonly kind: 'workdir';
  readonly path: string;
}
export interface UserInstruction extends Base {
  readonly kind: 'user';
  readonly user: string;
}
export interface VolumeInstruction extends Base {
  readonly kind: 'volume';
  readonly paths: readonly string[];
}
export interface ExposeInstruction extends Base {
  readonly kind: 'expose';
  readonly ports: readonly string[];
}
export interface ShellInstruction extends Base {
  readonly kind: 'shell';
  readonly shell: readonly string[];
}
export interface StopSignalInstruction extends Base {
  readonly kind: 'stopsignal';
  readonly signal: string;
}
export interface HealthcheckInstruction extends Base {
  readonly kind: 'healthcheck';
  /** `["NONE"]`, `["CMD-SHELL", text]` or `["CMD", ...]`. */
  readonly test: readonly string[];
  /** Nanoseconds as Go's time.Duration keeps them; 0 = not given. */
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}
export interface OnbuildInstruction extends Base {
  readonly kind: 'onbuild';
  /** The trigger's text with heredocs appended, as it goes into Config.OnBuild. */
  readonly expression: string;
}
export interface MaintainerInstruction extends Base {
  readonly kind: 'maintainer';
  readonly maintainer: string;
}

export type Instruction =
  | FromInstruction
  | ArgInstruction
  | EnvInstruction
  | LabelInstruction
  | RunInstruction
  | CopyInstruction
  | AddInstruction
  | CmdInstruction
  | EntrypointInstruction
  | WorkdirInstruction
  | UserInstruction
  | VolumeInstruction
  | ExposeInstruction
  | ShellInstruction
  | StopSignalInstruction
  | HealthcheckInstruction
  | OnbuildInstruction
  | MaintainerInstruction;

export type InstructionKind = Instruction['kind'];

/** One FROM and what follows it. */
export interface Stage {
  /** 0-based over all FROMs of the file. */
  readonly index: number;
  /** Lower-cased name, absent when unnamed. */
  readonly name?: string;
  readonly from: FromInstruction;
  readonly instructions: readonly Exclude<Instruction, FromInstruction>[];
}

/** A warning found while parsing (a build check), with its rule. */
export interface ParseWarning {
  readonly rule: string;
  readonly message: string;
  readonly location: SourceLocation;
}

export interface Dockerfile {
  /** `\` or a backtick. */
  readonly escape: string;
  /** Of `check` the first word, as `detectCheck` finds it. */
  readonly directives: { readonly syntax?: string; readonly escape?: string; readonly check?: string };
  /** ARGs before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  readonly warnings: readonly ParseWarning[];
  readonly file: string;
  readonly text: string;
}

/** RUN --mount, with every value expanded. */
export type Mount =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly from?: string;
      readonly source: string;
      readonly readonly: boolean;
    }
  | {
      readonly type: 'cache';
      readonly target: string;
      readonly id?: string;
      readonly from?: string;
      readonly source: string;
      readonly readonly: boolean;
      readonly sharing: 'shared' | 'private' | 'locked';
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | { readonly type: 'tmpfs'; readonly target: string; readonly sizeBytes?: number }
  | {
      readonly type: 'secret';
      readonly id: string;
      /** Absent when only `env` was given. */
      readonly target?: string;
      readonly env?: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: 'ssh';
      readonly id: string;
      readonly target?: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };
