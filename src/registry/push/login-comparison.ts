// Whether two repositories of a registry are used with the same credentials: only then can one token serve both.
import { isDeepStrictEqual } from 'node:util';
import type { Reference } from '../../oci/reference.js';
import type { Credential, CredentialStore } from '../credentials.js';

function secretOf(credential: Credential | undefined): unknown {
  if (credential === undefined) return undefined;
  const { from: _, ...secret } = credential;
  return secret;
}

/**
 * Compares with those of the target. A helper is a process: it is asked once per repository.
 * @throws TsbuildError CREDENTIALS_INVALID, ABORTED
 */
export function createLoginComparison(
  credentials: CredentialStore,
  target: Reference,
): (source: string, signal: AbortSignal) => Promise<boolean> {
  const known = new Map<string, boolean>();
  return async (source, signal) => {
    const before = known.get(source);
    if (before !== undefined) return before;
    const own = await credentials.lookup(target.domain, target.path, signal);
    const other = await credentials.lookup(target.domain, source, signal);
    const isSame = isDeepStrictEqual(secretOf(own), secretOf(other));
    known.set(source, isSame);
    return isSame;
  };
}
