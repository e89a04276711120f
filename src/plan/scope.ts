// What every instruction of a build can see, beside the state of its stage.
import type { CopyStep, SourceRef } from './step.js';

/**
 * Characters that all texts of a build may have together: commands, variables, labels, heredocs, history. They end in
 * one image config, and a file of a few lines can ask for any number of them.
 */
export const MAX_TEXT = 64 << 20;

export interface PlanScope {
  /** `\` or a backtick. */
  readonly escape: string;
  /** --build-arg. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Automatic and global ARGs with their values. */
  readonly globalArgs: ReadonlyMap<string, string>;
  readonly hostname: string;
  /** --network: for RUNs that do not say. */
  readonly network: 'default' | 'none' | 'host';
  readonly allow: ReadonlySet<string>;
  /** Whether a stage of that name must not use the cache. */
  isCacheIgnored(stageName: string | undefined): boolean;
  /** What COPY --from or a mount's from= means in that stage. @throws TsbuildError with BuildKit's words */
  resolveSource(from: string, stageIndex: number, use: 'copy' | 'mount', target: string): SourceRef;
  /** @throws TsbuildError for a COPY or ADD that cannot be done, whatever the files are */
  refuseCopy(step: CopyStep): void;
  /** SOURCE_DATE_EPOCH in seconds. */
  readonly epoch?: number;
  /** Characters that the texts of a stage may have; default MAX_TEXT. */
  readonly maxText?: number;
}
