// The plan: the instructions to execute, with every variable expanded. Plain data; the cache key of a step is made of
// it.
import type { SourceLocation } from '../core/errors.js';
import type { Platform } from '../oci/platform.js';
import type { ContainerConfig, HistoryEntry } from '../oci/types.js';
import type { HeredocSource, Mount } from '../parser/instruction.js';
import type { Chain } from './chain.js';
import type { OrderedTable } from './ordered-table.js';

/** Where files come from. `main` is the build context. */
export type SourceRef =
  | { readonly kind: 'main' }
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'context'; readonly name: string }
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'scratch' };

interface StepBase {
  /** As shown: `[build 2/3] RUN make`. */
  readonly name: string;
  readonly location: SourceLocation;
  /** Must not be taken from the cache (--no-cache). */
  readonly isCacheIgnored: boolean;
}

export interface CopyStep extends StepBase {
  readonly kind: 'copy' | 'add';
  readonly from: SourceRef;
  readonly sources: readonly string[];
  /** Expanded; after the path sources. */
  readonly heredocs: readonly HeredocSource[];
  readonly dest: string;
  readonly workdir: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly isLink: boolean;
  readonly isParents: boolean;
  readonly excludes: readonly string[];
  /** ADD only. */
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
}

/** A mount with its source resolved. */
export interface PlannedMount {
  readonly mount: Mount;
  readonly from: SourceRef;
}

export interface RunStep extends StepBase {
  readonly kind: 'run';
  readonly argv: readonly string[];
  /** In the order the process gets it, PATH included; without HOME, proxies and secrets. */
  readonly env: readonly string[];
  /** Upper- and lower-case proxy variables: given to the process, never part of the key. */
  readonly proxyEnv: readonly string[];
  readonly cwd: string;
  /** As written in USER; '' is root. */
  readonly user: string;
  readonly hostname: string;
  readonly network: 'default' | 'none' | 'host';
  readonly isInsecure: boolean;
  readonly mounts: readonly PlannedMount[];
  /** A heredoc that is a script, shown at /dev/pipes/<name>. */
  readonly script?: { readonly name: string; readonly content: string };
}

export interface WorkdirStep extends StepBase {
  readonly kind: 'workdir';
  readonly path: string;
  readonly user: string;
}

export type PlannedStep = CopyStep | RunStep | WorkdirStep;

/** The type of the steps of a kind, also where one type has several kinds. */
export type StepOf<K extends PlannedStep['kind'], S extends PlannedStep = PlannedStep> = S extends PlannedStep
  ? K extends S['kind']
    ? S
    : never
  : never;

/** What a stage is when its instructions have been walked, or before the first of them. */
export interface StageOutcome {
  readonly platform: Platform;
  readonly config: ContainerConfig;
  readonly author?: string;
  /** Environment of a RUN: the config's, and ARGs. */
  readonly env: readonly string[];
  /** ARGs declared so far, in order, for history texts. */
  readonly buildArgs: readonly (readonly [key: string, value: string | undefined])[];
  /** Without `created` where it is to be filled in from the layers. */
  readonly history: readonly HistoryEntry[];
  readonly steps: readonly PlannedStep[];
  /** A CMD stood in this stage: ENTRYPOINT keeps it. */
  readonly hasCmd: boolean;
  /** Characters of what the stage's own instructions expanded to. */
  readonly textSize: number;
}

/**
 * The same while its instructions are walked. What grows with every instruction is kept so that one costs no more than
 * it adds; `config` has these parts as they were before the first instruction.
 */
export interface StageState extends Pick<
  StageOutcome,
  'platform' | 'config' | 'author' | 'hasCmd' | 'textSize'
> {
  readonly env: OrderedTable<string>;
  readonly buildArgs: OrderedTable<string | undefined>;
  readonly history: Chain<HistoryEntry>;
  readonly steps: Chain<PlannedStep>;
  /** What is set in the config's lists. */
  readonly changes: {
    readonly Env: OrderedTable<string>;
    readonly Labels: OrderedTable<string>;
    readonly Volumes: OrderedTable<object>;
    readonly ExposedPorts: OrderedTable<object>;
    readonly OnBuild: Chain<string>;
  };
}
