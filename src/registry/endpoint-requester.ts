// A request to a repository at one registry: over https or, where that is allowed, plain http; with authorization once
// it is asked for.
import type { Authenticator } from './auth.js';
import type { Endpoint } from './mirrors.js';
import type { Answer } from './retry.js';
import type { Transport } from './transport.js';
import { TsbuildError } from '../core/errors.js';

/** Sends to a URL with these headers. */
export type Ask<T> = (url: string, headers: Readonly<Record<string, string>>) => Promise<T>;

export interface EndpointRequester {
  /**
   * `path` is below `/v2/<repository>/`. A 401 is answered once; a second one is the answer.
   * @throws what `ask` and Authenticator.answer throw
   */
  send<T extends Answer & { readonly url: string }>(
    endpoint: Endpoint,
    path: string,
    headers: Readonly<Record<string, string>>,
    ask: Ask<T>,
    signal: AbortSignal | undefined,
  ): Promise<T>;
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
  const originOf = async (
    { registry, origins }: Endpoint,
    signal: AbortSignal | undefined,
  ): Promise<string> => {
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

  return {
    async send(endpoint, path, headers, ask, signal) {
      const origin = await originOf(endpoint, signal);
      const url = `${origin}/v2/${endpoint.repository}/${path}`;
      const authorization = authenticator.headerFor(origin, endpoint.repository);
      const first = await ask(url, authorization === undefined ? headers : { ...headers, authorization });
      if (first.status !== 401) return first;
      const challenge = first.headers.get('www-authenticate');
      const renewed = await authenticator.answer({ endpoint, origin, url: first.url, challenge, signal });
      if (renewed === undefined) return first;
      await first.discard();
      return ask(url, { ...headers, authorization: renewed });
    },
  };
}
