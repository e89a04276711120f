// Answers to a registry's 401: which credentials, in which scheme, remembered per origin and repository until they
// expire.
// Invariant: a challenge is answered only when the registry itself made it, not a place it redirected to.
import type { Credential } from './auth-config.js';
import { parseChallenges, type Challenge } from './challenge.js';
import type { CredentialStore } from './credentials.js';
import type { Endpoint } from './mirrors.js';
import { fetchToken } from './token.js';
import type { Transport } from './transport.js';

export interface Refusal {
  readonly endpoint: Endpoint;
  /** The one of the endpoint's origins that is in use. */
  readonly origin: string;
  /** Where the 401 came from. */
  readonly url: string;
  readonly challenge: string | null;
  readonly signal?: AbortSignal | undefined;
}

export interface Authenticator {
  /** The Authorization header that was good last time; undefined when none is known or it has expired. */
  headerFor(origin: string, repository: string): string | undefined;
  /**
   * A new Authorization header to send once more with; undefined when there is nothing to answer with.
   * @throws TsbuildError REGISTRY_UNAUTHORIZED, REGISTRY_PROTOCOL, CREDENTIALS_INVALID, REGISTRY_UNREACHABLE, ABORTED
   */
  answer(refusal: Refusal): Promise<string | undefined>;
}

export interface AuthenticatorOptions {
  readonly transport: Transport;
  readonly credentials: CredentialStore;
  readonly insecureHosts: readonly string[];
  /** Seconds since the epoch. */
  readonly now: () => number;
}

interface Known {
  readonly header: string;
  readonly expiresAt: number;
}

/** A token is renewed this long before its end, so that it does not expire on the way. */
const MARGIN_SECONDS = 5;

function scopesFor(repository: string, challenge: Challenge): string[] {
  const own = `repository:${repository}:pull`;
  const asked = challenge.parameters.get('scope') ?? '';
  // Some registries keep a repository under another name; more than pulling is never asked for.
  const isPull = /^repository:[a-z0-9._/-]{1,255}:pull$/.test(asked);
  return isPull && asked !== own ? [own, asked] : [own];
}

function basicHeader(credential: Credential | undefined): string | undefined {
  if (credential?.username === undefined) return undefined;
  return `Basic ${Buffer.from(`${credential.username}:${credential.password ?? ''}`).toString('base64')}`;
}

export function createAuthenticator({
  transport,
  credentials,
  insecureHosts,
  now,
}: AuthenticatorOptions): Authenticator {
  const known = new Map<string, Known>();
  const keyOf = (origin: string, repository: string): string => `${origin} ${repository}`;

  const bearer = async (
    challenge: Challenge,
    refusal: Refusal,
    credential: Credential | undefined,
  ): Promise<Known | undefined> => {
    const realm = challenge.parameters.get('realm');
    if (realm === undefined) return undefined;
    const { endpoint, origin, signal } = refusal;
    const token = await fetchToken(transport, {
      realm,
      service: challenge.parameters.get('service'),
      scopes: scopesFor(endpoint.repository, challenge),
      credential,
      origin,
      registry: endpoint.registry,
      insecureHosts,
      signal,
    });
    return { header: `Bearer ${token.value}`, expiresAt: now() + token.expiresInSeconds - MARGIN_SECONDS };
  };
  const solve = async (refusal: Refusal): Promise<Known | undefined> => {
    const challenges = parseChallenges(refusal.challenge);
    const token = challenges.find((challenge) => challenge.scheme === 'bearer');
    const basic = challenges.find((challenge) => challenge.scheme === 'basic');
    if (!token && !basic) return undefined;
    const { registry, repository } = refusal.endpoint;
    const credential = await credentials.lookup(registry, repository, refusal.signal);
    if (credential?.registryToken !== undefined)
      return { header: `Bearer ${credential.registryToken}`, expiresAt: Infinity };
    if (token) return bearer(token, refusal, credential);
    const header = basicHeader(credential);
    return header === undefined ? undefined : { header, expiresAt: Infinity };
  };

  return {
    headerFor(origin, repository) {
      const found = known.get(keyOf(origin, repository));
      return found && found.expiresAt > now() ? found.header : undefined;
    },
    async answer(refusal) {
      if (new URL(refusal.url).origin !== refusal.origin) return undefined;
      const key = keyOf(refusal.origin, refusal.endpoint.repository);
      known.delete(key);
      const solved = await solve(refusal);
      if (solved) known.set(key, solved);
      return solved?.header;
    },
  };
}
