// Requests of a push to one repository: to paths below it, and to the places that the registry gives for uploads.
// Invariant: a body of a blob is sent once; Authorization goes to the registry's own origin alone; never to a mirror.
import type { Authenticator } from '../auth.js';
import type { EndpointRequester } from '../endpoint-requester.js';
import type { HttpResponse } from '../exchange.js';
import type { Endpoint } from '../mirrors.js';
import { readStart } from '../read-capped.js';
import type { Transport, TransportRequest } from '../transport.js';
import type { PushAnswer } from './answer.js';

export interface PushRequest {
  readonly method: 'HEAD' | 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A path below `/v2/<repository>/`, or where the registry said that an upload goes on. */
  readonly place: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: TransportRequest['body'];
  readonly isRepeatable: boolean;
  /** The repository that is read besides the own one. */
  readonly source?: string | undefined;
  /** Whether a 401 leads to another token. Default: yes. */
  readonly isAnswered?: boolean;
  readonly signal: AbortSignal;
}

export interface PushRequests {
  /**
   * A 401 is answered, and the request sent once more if it is repeatable.
   * @throws TsbuildError REGISTRY_*, CREDENTIALS_INVALID, ABORTED, and what making the body throws
   */
  send(request: PushRequest): Promise<PushAnswer>;
  /** Whether the URL is at the registry itself. */
  isOwn(url: URL): boolean;
  /** Whether the registry has asked for credentials. */
  isAuthorized(): boolean;
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
  let origin = '';

  const ask = async (
    url: string,
    headers: Readonly<Record<string, string>>,
    { method, body, isRepeatable, signal }: PushRequest,
  ): Promise<HttpResponse> => {
    const own = { headers, isRepeatable, signal, isGuarded: new URL(url).origin !== origin };
    return transport.request(url, { method, ...own, ...(body === undefined ? {} : { body }) });
  };
  const read = async (method: string, response: HttpResponse): Promise<PushAnswer> => {
    const bytes = await readStart(response, MAX_ANSWER_BYTES);
    await response.discard();
    options.onAnswer(response.headers);
    return { method, status: response.status, headers: response.headers, url: response.url, bytes };
  };
  const sendBelow = async (path: string, request: PushRequest): Promise<HttpResponse> =>
    requester.send(
      endpoint,
      path,
      request.headers ?? {},
      (url, headers) => {
        origin = new URL(url).origin;
        return ask(url, headers, request);
      },
      request.signal,
    );
  const sendTo = async (url: URL, request: PushRequest): Promise<HttpResponse> => {
    const isOwn = url.origin === origin;
    const authorization = isOwn ? authenticator.headerFor(origin, endpoint.repository) : undefined;
    const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) };
    const response = await ask(url.href, headers, request);
    if (response.status !== 401 || !isOwn || request.isAnswered === false) return response;
    const challenge = response.headers.get('www-authenticate');
    await authenticator.answer({ endpoint, origin, url: response.url, challenge, signal: request.signal });
    return response;
  };
  return {
    async send(request) {
      const { place, method } = request;
      return read(
        method,
        await (typeof place === 'string' ? sendBelow(place, request) : sendTo(place, request)),
      );
    },
    isOwn: (url) => url.origin === origin,
    isAuthorized: () => authenticator.headerFor(origin, endpoint.repository) !== undefined,
  };
}
