// What of a pack turned out to be of no use in this build: a layer that cannot be had, or is not what the pack says.
// A failure costs the records of that layer; a place that does not answer, or a second attempt at the build that fails,
// costs the pack.
// Invariant: the user reads one sentence for each pack, whatever fails.
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';

export interface PackFaults {
  /**
   * @param blob the layer that is of no use; undefined for the whole pack
   * @returns the error to be thrown: CACHE_UNAVAILABLE; a failure of this machine, or ABORTED, as it is
   */
  refuse(blob: Digest | undefined, error: unknown): unknown;
  isRefused(blob: Digest): boolean;
  /** Layers that were of no use. */
  readonly refused: ReadonlySet<Digest>;
  /** Whether nothing of the pack counts any more. */
  readonly isUseless: boolean;
  /** How often something was refused. */
  readonly count: number;
  /** Nothing of the pack counts from now on. */
  giveUp(): void;
}

/** Failures of the place, or of what comes from there. */
const OF_MEDIUM = /^(REGISTRY|CACHE|LAYER|CONTEXT|CREDENTIALS|IMAGE|ARCHIVE)_/;
/** Asking such a place for the next layer takes as long, and fails too. */
const OF_PLACE: ReadonlySet<string> = new Set(['REGISTRY_UNREACHABLE', 'REGISTRY_UNAUTHORIZED']);

/** @param note gets a sentence for the user */
export function createPackFaults(name: string, note: (message: string) => void): PackFaults {
  const refused = new Set<Digest>();
  let isUseless = false;
  let count = 0;
  return {
    refuse(blob, error) {
      if (!(error instanceof TsbuildError) || !OF_MEDIUM.test(error.code)) return error;
      isUseless ||= blob === undefined || OF_PLACE.has(error.code);
      if (blob !== undefined) refused.add(blob);
      const what = isUseless ? 'is of no use' : 'has a layer that is of no use, which is made anew';
      if (count++ === 0) note(`the cache ${name} ${what}: ${error.message}`);
      return error.with({ code: 'CACHE_UNAVAILABLE', message: `cache ${name}: ${error.message}` });
    },
    refused,
    isRefused: (blob) => isUseless || refused.has(blob),
    get isUseless() {
      return isUseless;
    },
    get count() {
      return count;
    },
    giveUp: () => void (isUseless = true),
  };
}
