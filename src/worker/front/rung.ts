// One rung of the sandbox ladder, as far as the front has to know it: how its worker is started.
import type { TsbuildError } from '../../core/errors.js';

export type RungName = 'userns' | 'userns-single' | 'chroot';

export interface Rung {
  readonly name: RungName;
  /** How strong it is, in a few words for the user. */
  readonly description: string;
  /** All processes and mounts of a worker end with it. */
  readonly isCleanedByKernel: boolean;
  /** Processes cannot have a network of their own. */
  readonly sharesNetwork?: true;
  /** unshare(1) with its options, in front of Node; empty without namespaces. @throws TsbuildError SANDBOX_* */
  command(): readonly string[];
  /** Between the worker's first word and its start: its id maps. @throws TsbuildError SANDBOX_* */
  prepare(pid: number): Promise<void>;
  /** Why a worker ended that should not have. */
  explain(complaint: string, status: number | string | null): TsbuildError;
}
