// Requests of a push to one repository: to paths below it, and to the places that the registry gives for uploads.
// Invariant: a body of a blob is sent once; nothing goes to a mirror.
import type { Authenticator } from '../auth.js';
import type { EndpointRequester } from '../endpoint-requester.js';
import type { HttpResponse } from '../exchange.js';
import type { Endpoint } from '../mirrors.js';
import { readStart } from '../read-capped.js';
import { mountScopes, pushScope } from '../scopes.js';
import type { Login } from '../status-failure.js';
import type { Transport, TransportRequest } from '../transport.js';
import type { PushAnswer } from './answer.js';

export interface PushRequest {
  readonly method: 'HEAD' | 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A path below `/v2/<repository>/`, or where the registry said that an upload goes on. */
  readonly place: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: TransportRequest['body'];
  /** Sent again when it fails for a passing reason. */
  readonly isRepeatable: boolean;
  /** Sent again after a 401; default: as `isRepeatable`. */
  readonly isAsked?: boolean;
  /** The repository that is read besides the own one. */
  readonly source?: string | undefined;
  readonly signal: AbortSignal;
}

export interface PushRequests {
  /** @throws TsbuildError REGISTRY_*, CREDENTIALS_INVALID, ABORTED, and what making the body throws */
  send(request: PushRequest): Promise<PushAnswer>;
  /** Whether the URL is at the registry itself. */
  isOwn(url: URL, signal: AbortSignal): Promise<boolean>;
  /** Whether the registry has asked for credentials. */
  isChallenged(): boolean;
  /** Whose credentials were used so far. */
  login(): Login | undefined;
}

export interface PushRequestsOptions {
  readonly endpoint: Endpoint;
  readonly requester: EndpointRequester;
  readonly authenticator: Authenticator;
  readonly transport: Transport;
  /** Gets the headers of each answer. */
  onAnswer(headers: PushAnswer['headers']): void;
}

const MAX_ANSWER_BYTES = 64 << 10;

export function createPushRequests(options: PushRequestsOptions): PushRequests {
  const { endpoint, requester, authenticator, transport } = options;

  const read = async (method: string, response: HttpResponse): Promise<PushAnswer> => {
    const { status, headers, url } = response;
    const bytes = await readStart(response, MAX_ANSWER_BYTES);
    await response.discard();
    options.onAnswer(headers);
    return { method, status, headers, url, bytes };
  };
  const send: PushRequests['send'] = async (request) => {
    const { method, place, body, isRepeatable, source, signal } = request;
    const { repository } = endpoint;
    const scopes = source === undefined ? [pushScope(repository)] : mountScopes(repository, source);
    const { headers = {}, isAsked = isRepeatable } = request;
    const asked = { place, headers, scopes, isRepeatable: isAsked, signal };
    const response = await requester.send(endpoint, asked, (url, sent, isGuarded) =>
      transport.request(url, {
        method,
        headers: sent,
        isRepeatable,
        isGuarded,
        signal,
        ...(body === undefined ? {} : { body }),
      }),
    );
    return read(method, response);
  };
  return {
    send,
    isOwn: async (url, signal) => url.origin === (await requester.originOf(endpoint, signal)),
    isChallenged: () =>
      endpoint.origins.some((origin) => authenticator.isChallenged(origin, endpoint.repository)),
    login: () => requester.loginOf(endpoint),
  };
}
