// The sandbox ladder (design.md section 5): rungs are probed by trying, strongest first, and the one in use is said with its reason.
// A forced rung is never left for another.
import { TsbuildError } from '../../core/errors.js';
import type { Isolation } from '../../plan/request.js';
import type { StorePaths } from '../../store/store-paths.js';
import type { Rung } from './rung.js';
import { usernsRung } from './userns-rung.js';
import { openWorkerSandbox, type WorkerSandbox } from './worker-sandbox.js';

/** Strongest first. */
export const RUNGS: readonly Rung[] = [usernsRung];

export interface LadderOptions {
  readonly isolation: Isolation;
  readonly paths: StorePaths;
  readonly signal: AbortSignal;
  /** One line that says which rung is used and why. */
  readonly onNote: (message: string) => void;
}

/** @throws TsbuildError SANDBOX_NONE for `none`; SANDBOX_* of the forced rung, or of the strongest one when none works; ABORTED */
export async function openSandbox({
  isolation,
  paths,
  signal,
  onNote,
}: LadderOptions): Promise<WorkerSandbox> {
  if (isolation === 'none')
    throw new TsbuildError('SANDBOX_NONE', 'a RUN must be executed, which --isolation none does not allow', {
      hint: 'leave --isolation out',
    });
  const candidates = RUNGS.filter(({ name }) => isolation === 'auto' || isolation === name);
  const failures: { readonly rung: Rung; readonly error: TsbuildError }[] = [];
  for (const rung of candidates) {
    try {
      const sandbox = await openWorkerSandbox({ rung, paths, signal });
      onNote(noteOf(rung, failures));
      return sandbox;
    } catch (error) {
      if (!(error instanceof TsbuildError) || !error.code.startsWith('SANDBOX_')) throw error;
      failures.push({ rung, error });
    }
  }
  throw (
    failures[0]?.error ??
    new TsbuildError('SANDBOX_UNSUPPORTED', `isolation ${isolation} is not supported on this machine`)
  );
}

function noteOf(
  rung: Rung,
  failures: readonly { readonly rung: Rung; readonly error: TsbuildError }[],
): string {
  const reasons = failures.map(({ rung: { name }, error }) => `${name}: ${error.message}`);
  const why = reasons.length === 0 ? '' : `; stronger ones do not work here: ${reasons.join('; ')}`;
  return `RUN uses isolation ${rung.name} (${rung.description})${why}`;
}
