// Answers to a registry's 401: which credentials, in which scheme. Challenges are remembered per origin and repository,
// tokens per origin and set of scopes until they are to be renewed.
// Invariant: a challenge is answered only when the registry itself made it, not a place it redirected to; a token is
// for what the caller asked for and nothing else.
import type { Credential } from './auth-config.js';
import { parseChallenges, type Challenge } from './challenge.js';
import type { CredentialStore } from './credentials.js';
import type { Endpoint } from './mirrors.js';
import { scopesToAsk, type Scope } from './scopes.js';
import type { Login } from './status-failure.js';
import { fetchToken } from './token.js';
import type { Transport } from './transport.js';
import { TsbuildError } from '../core/errors.js';

/** What is to be done where. */
export interface Errand {
  readonly endpoint: Endpoint;
  /** The one of the endpoint's origins that is in use. */
  readonly origin: string;
  /** The endpoint's own repository first. */
  readonly scopes: readonly Scope[];
  readonly signal?: AbortSignal | undefined;
}

export interface Refusal extends Errand {
  /** Where the 401 came from. */
  readonly url: string;
  readonly challenge: string | null;
  /** The Authorization header that was refused. */
  readonly refused?: string | undefined;
}

export interface Authenticator {
  /**
   * The Authorization header to send; undefined as long as the registry has not asked for one. A token that is near its
   * end is renewed.
   * @throws as `answer`
   */
  headerFor(errand: Errand): Promise<string | undefined>;
  /**
   * A new Authorization header to send once more with; undefined when there is nothing to answer with.
   * @throws TsbuildError REGISTRY_UNAUTHORIZED, REGISTRY_PROTOCOL, CREDENTIALS_INVALID, REGISTRY_UNREACHABLE, ABORTED
   */
  answer(refusal: Refusal): Promise<string | undefined>;
  /** Whether the registry has asked for credentials for the repository. */
  isChallenged(origin: string, repository: string): boolean;
  /** Whose credentials were used for a repository, for messages; undefined when none were. */
  loginOf(origin: string, repository: string): Login | undefined;
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
  /** Seconds since the epoch. */
  readonly renewAt: number;
}

interface Asked {
  readonly challenges: readonly Challenge[];
  /** Looked up when it is first needed, and anew when it was refused. */
  readonly credential?: Promise<Credential | undefined> | undefined;
  readonly login?: Login | undefined;
}

function basicHeader({ username, password }: Credential): string | undefined {
  if (username === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
}

/** Headers do not expire unless they are tokens. */
function lasting(header: string): Known {
  return { header, renewAt: Infinity };
}

function isAborted(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'ABORTED';
}

/** The refusal of a mount names its source as well, which later tokens are not to be for. */
function challengesOf(
  { challenge, scopes }: Refusal,
  before: readonly Challenge[] | undefined,
): readonly Challenge[] {
  const given = parseChallenges(challenge);
  if (scopes.length === 1) return given;
  const withoutScope = given.map(({ scheme, parameters }) => ({
    scheme,
    parameters: new Map([...parameters].filter(([name]) => name !== 'scope')),
  }));
  return before ?? withoutScope;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { transport, credentials, insecureHosts, now } = options;
  const asked = new Map<string, Asked>();
  const known = new Map<string, Known>();
  const pending = new Map<string, Promise<Known | undefined>>();
  const placeOf = (origin: string, repository: string): string => `${origin} ${repository}`;
  const keyOf = ({ endpoint, origin, scopes }: Errand): string =>
    `${placeOf(origin, endpoint.repository)} ${scopes.join(' ')}`;

  const credentialFor = async (
    place: string,
    { endpoint, signal }: Errand,
  ): Promise<Credential | undefined> => {
    const { challenges, credential = credentials.lookup(endpoint.registry, endpoint.repository, signal) } =
      asked.get(place)!;
    asked.set(place, { challenges, credential });
    try {
      const login = await credential;
      asked.set(place, { challenges, credential, login });
      return login;
    } catch (error) {
      asked.set(place, { challenges });
      throw error;
    }
  };
  const solve = async (errand: Errand): Promise<Known | undefined> => {
    const { endpoint, origin, scopes, signal } = errand;
    const { registry, repository } = endpoint;
    const place = placeOf(origin, repository);
    const challenges = asked.get(place)?.challenges ?? [];
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const basic = challenges.find(({ scheme }) => scheme === 'basic');
    if (!bearer && !basic) return undefined;
    const credential = await credentialFor(place, errand);
    if (credential?.registryToken !== undefined) return lasting(`Bearer ${credential.registryToken}`);
    const realm = bearer?.parameters.get('realm');
    if (realm !== undefined) {
      const token = await fetchToken(transport, {
        realm,
        service: bearer?.parameters.get('service'),
        scopes: scopesToAsk(scopes, bearer?.parameters.get('scope')),
        credential,
        origin,
        registry,
        insecureHosts,
        now,
        signal,
      });
      return { header: `Bearer ${token.value}`, renewAt: token.renewAt };
    }
    const header = credential && !bearer ? basicHeader(credential) : undefined;
    return header === undefined ? undefined : lasting(header);
  };
  /** Requests that need the same token at the same time share it. */
  const solveOnce = async (errand: Errand): Promise<Known | undefined> => {
    const key = keyOf(errand);
    const other = pending.get(key);
    const own = other ?? solve(errand).finally(() => pending.delete(key));
    pending.set(key, own);
    try {
      const solved = await own;
      if (solved) known.set(key, solved);
      return solved;
    } catch (error) {
      // Another's signal is not this one's.
      if (other && isAborted(error) && !errand.signal?.aborted) return solveOnce(errand);
      throw error;
    }
  };
  const validFor = (errand: Errand): string | undefined => {
    const found = known.get(keyOf(errand));
    return found && found.renewAt > now() ? found.header : undefined;
  };

  return {
    async headerFor(errand) {
      if (!asked.has(placeOf(errand.origin, errand.endpoint.repository))) return undefined;
      return validFor(errand) ?? (await solveOnce(errand))?.header;
    },
    async answer(refusal) {
      const { origin, endpoint, refused } = refusal;
      if (new URL(refusal.url).origin !== origin) return undefined;
      const place = placeOf(origin, endpoint.repository);
      const before = asked.get(place);
      const challenges = challengesOf(refusal, before?.challenges);
      const credential = refused === undefined ? before?.credential : undefined;
      if (before || challenges.length > 0)
        asked.set(place, {
          challenges: challenges.length > 0 ? challenges : (before?.challenges ?? []),
          credential,
        });
      const other = validFor(refusal);
      if (other !== undefined && other !== refused) return other;
      known.delete(keyOf(refusal));
      return (await solveOnce(refusal))?.header;
    },
    isChallenged: (origin, repository) => asked.has(placeOf(origin, repository)),
    loginOf: (origin, repository) => asked.get(placeOf(origin, repository))?.login,
  };
}
