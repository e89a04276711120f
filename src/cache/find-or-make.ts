// Work whose result is recorded: found again, or made by one build while the others wait for it.
//
// Builds cannot wait for each other in a circle. A step that holds the lock of its key waits for at most one other key:
// that of the files that it mounts (pack-files.ts). Packing files and compressing a layer wait for no key. A step that
// reads another stage looks itself up when that stage is done (builder/execute-plan.ts), so no step is made inside
// another one. Locks of other kinds (cache mounts, trees, names of images) are taken while a key is held, never before.
import type { MissReason } from '../core/miss-reason.js';
import type { KeyLock, LockWait } from '../store/key-locks.js';
import type { StorePaths } from '../store/store-paths.js';
import { decide, type Question } from './decide.js';
import type { Found, RecordSource } from './record-source.js';
import { keyOf } from './step-key.js';

export interface RecordedWork<R, M> {
  readonly question: Question;
  readonly sources: readonly RecordSource<R>[];
  /** Makes it and keeps its record where the sources find it. */
  make(why: MissReason): Promise<M>;
}

export type FoundOrMade<R, M> =
  /** `from`: name of the source. */
  | { readonly kind: 'found'; readonly found: Found<R>; readonly from: string }
  | { readonly kind: 'made'; readonly made: M };

/**
 * With an ignored cache it is made whatever others do. What fails is not remembered: the next one who waits makes it.
 * @throws TsbuildError ABORTED, STORE_*, and what `make` and the sources throw
 */
export async function findOrMake<R, M>(
  paths: Pick<StorePaths, 'tmp'>,
  { question, sources, make }: RecordedWork<R, M>,
  wait: LockWait,
): Promise<FoundOrMade<R, M>> {
  const first = await decide(sources, question);
  if (first.kind === 'hit') return { kind: 'found', found: first.found, from: first.from };
  const lock = question.isCacheIgnored ? undefined : await lockOf(paths, question, wait);
  if (!lock) return { kind: 'made', made: await make(await first.why()) };
  try {
    // Whoever had the lock before may have made it.
    const decision = await decide(sources, question);
    if (decision.kind === 'hit') return { kind: 'found', found: decision.found, from: decision.from };
    return { kind: 'made', made: await make(await decision.why()) };
  } finally {
    lock.release();
  }
}

/** Loaded for work only: a build of hits needs nothing of it. */
async function lockOf(
  paths: Pick<StorePaths, 'tmp'>,
  question: Question,
  wait: LockWait,
): Promise<KeyLock | undefined> {
  const { lockKey } = await import('../store/key-locks.js');
  return lockKey(paths, keyOf(question.inputs), wait);
}
