// A request to a repository at one registry: over https or, where that is allowed, plain http; with authorization once
// it is asked for.
// Invariant: Authorization goes to the registry's own origin alone, also when it names another place for an upload.
import type { Authenticator, Errand } from './auth.js';
import type { Endpoint } from './mirrors.js';
import type { Answer } from './retry.js';
import { pullScope, type Scope } from './scopes.js';
import type { Login } from './status-failure.js';
import type { Transport } from './transport.js';
import { TsbuildError } from '../core/errors.js';

/** Sends to a URL with these headers. `isGuarded`: the registry named a place elsewhere, see TransportRequest. */
export type Ask<T> = (
  url: string,
  headers: Readonly<Record<string, string>>,
  isGuarded: boolean,
) => Promise<T>;

export interface EndpointRequest {
  /** A path below `/v2/<repository>/`, or a place that the registry has named. */
  readonly place: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** What a token is asked for; default: to pull from the endpoint's repository. */
  readonly scopes?: readonly Scope[];
  /**
   * Default true: a 401 is answered by sending once more. False: the authorization is renewed and the 401 given to the
   * caller, whose body was spent on an upload that is to be begun anew.
   */
  readonly isRepeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface EndpointRequester {
  /**
   * A 401 is answered once; a second one is the answer.
   * @throws what `ask` and Authenticator.answer throw
   */
  send<T extends Answer & { readonly url: string }>(
    endpoint: Endpoint,
    request: EndpointRequest,
    ask: Ask<T>,
  ): Promise<T>;
  /** Where the registry answers. @throws TsbuildError REGISTRY_PROTOCOL, ABORTED */
  originOf(endpoint: Endpoint, signal?: AbortSignal): Promise<string>;
  /** Whose credentials were used there so far, for messages. */
  loginOf(endpoint: Endpoint): Login | undefined;
}

export interface EndpointRequesterOptions {
  readonly transport: Transport;
  readonly authenticator: Authenticator;
}

type Speech = 'yes' | 'tls' | 'no';

export function createEndpointRequester({
  transport,
  authenticator,
}: EndpointRequesterOptions): EndpointRequester {
  const chosen = new Map<string, Promise<string>>();

  /** Whether a registry answers at an origin; `tls` when it says that it wants https there. */
  const probe = async (origin: string, signal: AbortSignal | undefined): Promise<Speech> => {
    try {
      const response = await transport.request(`${origin}/v2/`, { signal, attempts: 1 });
      await response.discard();
      return origin.startsWith('http:') && response.status === 400 ? 'tls' : 'yes';
    } catch (error) {
      if (error instanceof TsbuildError && error.code === 'REGISTRY_UNREACHABLE') return 'no';
      throw error;
    }
  };
  const choose = async (
    [first = '', second]: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<string> => {
    if (second === undefined) return first;
    const speech = await probe(first, signal);
    if (speech !== 'no') return speech === 'yes' ? first : second;
    return (await probe(second, signal)) === 'yes' ? second : first;
  };
  const originOf = async ({ registry, origins }: Endpoint, signal?: AbortSignal): Promise<string> => {
    if (origins.length === 1) return choose(origins, signal);
    const known = chosen.get(registry) ?? choose(origins, signal);
    chosen.set(registry, known);
    try {
      return await known;
    } catch (error) {
      chosen.delete(registry);
      throw error;
    }
  };

  /** Google's registries name their token server at `/v2/` only (c/image docker_client.go, detectProperties). */
  const challengeOf = async ({ origin, endpoint, signal }: Errand): Promise<string | null> => {
    if (authenticator.isChallenged(origin, endpoint.repository)) return null;
    const response = await transport.request(`${origin}/v2/`, { signal });
    await response.discard();
    const isOwn = response.status === 401 && new URL(response.url).origin === origin;
    return isOwn ? response.headers.get('www-authenticate') : null;
  };

  return {
    originOf,
    async send(endpoint, { place, headers = {}, signal, ...request }, ask) {
      const origin = await originOf(endpoint, signal);
      const { scopes = [pullScope(endpoint.repository)], isRepeatable = true } = request;
      const url = new URL(typeof place === 'string' ? `${origin}/v2/${endpoint.repository}/${place}` : place);
      if (url.origin !== origin) return ask(url.href, headers, true);
      const errand: Errand = { endpoint, origin, scopes, signal };
      const authorization = await authenticator.headerFor(errand);
      const sent = authorization === undefined ? headers : { ...headers, authorization };
      const first = await ask(url.href, sent, false);
      if (first.status !== 401) return first;
      const challenge = first.headers.get('www-authenticate') ?? (await challengeOf(errand));
      const refusal = { ...errand, url: first.url, challenge, refused: authorization };
      const renewed = await authenticator.answer(refusal);
      if (renewed === undefined || !isRepeatable) return first;
      await first.discard();
      return ask(url.href, { ...headers, authorization: renewed }, false);
    },
    loginOf: ({ origins, repository }) =>
      origins.map((origin) => authenticator.loginOf(origin, repository)).find((login) => login !== undefined),
  };
}
