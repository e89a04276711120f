// A token server for a real docker-registry (distribution/spec auth/jwt): tokens signed with the key of
// test/support/tls, short-lived when that is wanted; keeps a log of the scopes.
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ISSUER = 'token-server';
export const TOKEN_SERVICE = 'registry';
/** What a registry is to trust. */
export const TOKEN_ROOTS = 'test/support/tls/ca.crt';

export interface TokenServer {
  readonly realm: string;
  readonly issuer: string;
  /** Of each request, in the order asked. */
  readonly scopes: readonly (readonly string[])[];
  close(): Promise<void>;
}

export interface TokenServerOptions {
  /** `user:password` */
  readonly login: string;
  readonly lifeSeconds: number;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function accessOf(scope: string): object {
  const [, type = '', name = '', actions = ''] = /^([a-z]+):(.*):([a-z,*]+)$/.exec(scope) ?? [];
  return { type, name, actions: actions.split(',') };
}

export async function startTokenServer({ login, lifeSeconds }: TokenServerOptions): Promise<TokenServer> {
  const key = createPrivateKey(readFileSync('test/support/tls/server.key'));
  const certificate = new X509Certificate(readFileSync('test/support/tls/server.crt'));
  const header = encode({ typ: 'JWT', alg: 'ES256', x5c: [certificate.raw.toString('base64')] });
  const scopes: string[][] = [];
  const tokenFor = (asked: readonly string[]): string => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now - 10, exp: now + lifeSeconds };
    const names = { iss: ISSUER, sub: 'user', aud: TOKEN_SERVICE, jti: randomUUID() };
    const text = `${header}.${encode({ ...names, ...times, access: asked.map(accessOf) })}`;
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const asked = url.searchParams.getAll('scope').flatMap((text) => text.split(' '));
    scopes.push(asked);
    const isKnown = request.headers.authorization === `Basic ${Buffer.from(login).toString('base64')}`;
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? { token: tokenFor(asked), expires_in: lifeSeconds } : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    realm: `http://127.0.0.1:${port}/token`,
    issuer: ISSUER,
    scopes,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
