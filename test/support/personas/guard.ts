// Who may do what at a persona: nobody is asked, a password, or a token of a token server in this process that keeps a
// log of the scopes.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerWith, logOf, refuse, type Call } from './call.js';

export interface TokenRules {
  readonly kind: 'token';
  /** `user:password`; anonymous clients get tokens too when it is undefined. */
  readonly login?: string;
  readonly lifeSeconds: number;
  /** Seconds since the epoch. */
  now(): number;
  /** Actions that are granted of those asked for; default all but `delete`. */
  allow?(repository: string, actions: readonly string[]): readonly string[];
}

export type AuthRules =
  { readonly kind: 'none' } | { readonly kind: 'basic'; readonly login: string } | TokenRules;

/** Actions by repository. */
type Access = Readonly<Record<string, readonly string[]>>;

export interface Guard {
  /** The scopes of each request for a token, in the order asked. */
  readonly scopes: readonly (readonly string[])[];
  /** Whether the call may go on; it is answered when not. */
  admit(call: Call, needed: Access): boolean;
  close(): Promise<void>;
}

interface TokenContent {
  readonly access: Access;
  readonly expiresAt: number;
}

function basicOf(login: string): string {
  return `Basic ${Buffer.from(login).toString('base64')}`;
}

function parseScope(scope: string): readonly [repository: string, actions: readonly string[]] {
  const [, repository = '', actions = ''] = /^repository:(.*):([a-z,]+)$/.exec(scope) ?? [];
  return [repository, actions.split(',')];
}

function encodeToken(content: TokenContent): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function decodeToken(request: IncomingMessage): TokenContent | undefined {
  const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  return token === undefined
    ? undefined
    : (JSON.parse(Buffer.from(token, 'base64url').toString()) as TokenContent);
}

function isGranted(access: Access, needed: Access): boolean {
  return Object.entries(needed).every(([repository, actions]) =>
    actions.every((action) => access[repository]?.includes(action)),
  );
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
}

async function startTokenGuard(rules: TokenRules): Promise<Guard> {
  const scopes: string[][] = [];
  const allow =
    rules.allow ??
    ((_: string, actions: readonly string[]) => actions.filter((action) => action !== 'delete'));
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const call = { request, response, url, log: logOf(request), cutAt: undefined };
    if (request.method !== 'GET') return refuse(call, 404, 'UNSUPPORTED');
    const asked = url.searchParams.getAll('scope').flatMap((text) => text.split(' '));
    scopes.push(asked);
    if (rules.login !== undefined && request.headers.authorization !== basicOf(rules.login))
      return refuse(call, 401, 'UNAUTHORIZED');
    const access = Object.fromEntries(
      asked.map(parseScope).map(([repository, actions]) => [repository, allow(repository, actions)] as const),
    );
    const token = encodeToken({ access, expiresAt: rules.now() + rules.lifeSeconds });
    const body = JSON.stringify({ token, expires_in: rules.lifeSeconds });
    answerWith(call, 200, { 'content-type': 'application/json' }, body);
  });
  const origin = await listen(server);
  return {
    scopes,
    admit(call, needed) {
      const content = decodeToken(call.request);
      const isLive = content !== undefined && content.expiresAt > rules.now();
      if (isLive && isGranted(content.access, needed)) return true;
      const scope = Object.entries(needed)
        .map(([repository, actions]) => `repository:${repository}:${actions.join(',')}`)
        .join(' ');
      const error =
        content === undefined ? '' : `,error="${isLive ? 'insufficient_scope' : 'invalid_token'}"`;
      const challenge = `Bearer realm="${origin}/token",service="persona",scope="${scope}"${error}`;
      refuse(call, 401, 'UNAUTHORIZED', { 'www-authenticate': challenge });
      return false;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export async function startGuard(rules: AuthRules): Promise<Guard> {
  if (rules.kind === 'token') return startTokenGuard(rules);
  return {
    scopes: [],
    admit(call) {
      if (rules.kind === 'none' || call.request.headers.authorization === basicOf(rules.login)) return true;
      refuse(call, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="persona"' });
      return false;
    },
    close: async () => undefined,
  };
}
