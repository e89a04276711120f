// What every instruction of a build can see, beside the state of its stage.
import type { CopyStep, SourceRef } from './step.js';

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
}
