// Whether a registry takes a name and a password: `GET /v2/` with the answer to its challenge, as docker and podman ask
// (distribution-spec "Determining support"; docker/cli cli/command/registry/login.go).
// Invariant: what a server answers is shown without the password, should it send it back.
import { TsbuildError } from '../../core/errors.js';
import { parseChallenges } from '../challenge.js';
import { originsOf } from '../mirrors.js';
import { unexpectedStatus } from '../status-failure.js';
import { fetchToken } from '../token.js';
import type { DocumentResponse, Transport } from '../transport.js';

export interface LoginCheck {
  /** `docker.io`, `host:port` */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
  readonly insecureHosts: readonly string[];
  readonly signal: AbortSignal;
}

interface Ping {
  readonly origin: string;
  readonly answer: DocumentResponse;
}

const MAX_ANSWER_BYTES = 64 << 10;

/**
 * `unasked` when the registry answers everybody: what it thinks of the password is not known.
 * @throws TsbuildError REGISTRY_UNAUTHORIZED with what the registry said, REGISTRY_UNREACHABLE, REGISTRY_PROTOCOL,
 * ABORTED
 */
export async function checkLogin(transport: Transport, check: LoginCheck): Promise<'accepted' | 'unasked'> {
  try {
    const ping = await firstAnswer(transport, check);
    if (ping.answer.status === 200) return 'unasked';
    const authorization = await authorizationFor(transport, check, ping);
    const answer = await ask(transport, ping.origin, check, { authorization });
    if (answer.status !== 200) throw refusal(answer, check.registry);
    return 'accepted';
  } catch (error) {
    throw explain(error, check);
  }
}

function ask(
  transport: Transport,
  origin: string,
  { signal }: LoginCheck,
  headers: Readonly<Record<string, string>> = {},
): Promise<DocumentResponse> {
  return transport.fetchDocument(`${origin}/v2/`, { headers, signal, maxBytes: MAX_ANSWER_BYTES });
}

/** Of the origins where the registry may be, the first that answers; the first failure when none does. */
async function firstAnswer(transport: Transport, check: LoginCheck): Promise<Ping> {
  const failures: unknown[] = [];
  for (const origin of originsOf(check.registry, check.insecureHosts)) {
    try {
      const answer = await ask(transport, origin, check);
      // What a server says that was spoken to in plain http and wants TLS.
      if (origin.startsWith('http:') && answer.status === 400) failures.push(refusal(answer, check.registry));
      else return { origin, answer };
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code !== 'REGISTRY_UNREACHABLE') throw error;
      failures.push(error);
    }
  }
  throw failures[0];
}

async function authorizationFor(
  transport: Transport,
  { registry, username, password, insecureHosts, signal }: LoginCheck,
  { origin, answer }: Ping,
): Promise<string> {
  if (answer.status !== 401) throw refusal(answer, registry);
  if (new URL(answer.url).origin !== origin) {
    const { host } = new URL(answer.url);
    const hint = `log in to ${host} if that is the registry's name`;
    throw new TsbuildError('REGISTRY_PROTOCOL', `it leads to ${host}, which wants the credentials`, { hint });
  }
  const challenges = parseChallenges(answer.headers.get('www-authenticate'));
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  const realm = bearer?.parameters.get('realm');
  if (bearer && realm !== undefined) {
    const service = bearer.parameters.get('service');
    const credential = { username, password };
    const token = await fetchToken(transport, {
      realm,
      service,
      scopes: [],
      credential,
      origin,
      registry,
      insecureHosts,
      signal,
    });
    return `Bearer ${token.value}`;
  }
  if (challenges.some(({ scheme }) => scheme === 'basic'))
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  throw new TsbuildError('REGISTRY_PROTOCOL', 'it asks neither for a token nor for a password');
}

function refusal(answer: DocumentResponse, registry: string): TsbuildError {
  const { status } = answer;
  const message = unexpectedStatus({ ...answer, method: 'GET' });
  if (status === 401 || status === 403) return new TsbuildError('REGISTRY_UNAUTHORIZED', message);
  const isPassing = status === 408 || status === 429 || status >= 500;
  const hint = isPassing ? 'try again later' : `check the name: ${registry} has no registry at /v2/`;
  return new TsbuildError(isPassing ? 'REGISTRY_UNREACHABLE' : 'REGISTRY_PROTOCOL', message, { hint });
}

const WRONG = 'check the user name and the password; an account with two-factor log-in wants an access token';

function explain(error: unknown, { registry, username, password }: LoginCheck): unknown {
  if (!(error instanceof TsbuildError) || error.code === 'ABORTED') return error;
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  const said = error.message.replaceAll(password, '***').replaceAll(pair, '***');
  const message = `login to ${registry} failed: ${said}`;
  const hint = error.code === 'REGISTRY_UNAUTHORIZED' ? WRONG : error.hint;
  // A cause may quote the server too.
  return new TsbuildError(error.code, message, { hint });
}
