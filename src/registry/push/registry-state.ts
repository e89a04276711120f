// What is known of one registry while a writer lives: which repositories have which blobs, what mounts it refused, how
// much it bears at once.
import type { Digest } from '../../core/digest.js';
import { createTurns } from '../../core/turns.js';
import type { Reference } from '../../oci/reference.js';
import { hostRulesOf, type HostRules } from './host-rules.js';
import { createLanes, type Lanes } from './upload-lanes.js';

export interface RegistryState {
  readonly rules: HostRules;
  /** For bodies of blobs. */
  readonly lanes: Lanes;
  /** For requests that are answered at once. */
  readonly small: <T>(work: () => Promise<T>) => Promise<T>;
  /** Paths of repositories by what they have. */
  readonly holders: Map<Digest, Set<string>>;
  /** `source target`: repositories between which nothing is mounted. */
  readonly refusedMounts: Set<string>;
}

/** Requests without a body of a blob at once. */
const SMALL_REQUESTS = 2;

export function createRegistryState(
  { domain }: Reference,
  {
    now,
    rulesOf = hostRulesOf,
  }: { readonly now: () => number; readonly rulesOf?: ((domain: string) => HostRules) | undefined },
): RegistryState {
  const rules = rulesOf(domain);
  return {
    rules,
    lanes: createLanes(rules.bodies, now),
    small: createTurns(SMALL_REQUESTS),
    holders: new Map(),
    refusedMounts: new Set(),
  };
}

/** The repository lacks what it was thought to have: nothing of it is believed any more. */
export function forgetHolder({ holders }: RegistryState, path: string): void {
  for (const paths of holders.values()) paths.delete(path);
}
