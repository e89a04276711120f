// The cache service of GitHub Actions, version 2, and the storage behind it, in memory. Each rule with its source:
// - Twirp over JSON with the names of the .proto files: actions/toolkit, generated/results/api/v1/cache.ts
// - Bearer token, errors as {code, msg}: toolkit, cacheTwirpClient.ts; twirp, "Errors"
// - keys of at most 512 letters without commas: toolkit, cache.ts (checkKey)
// - an entry is seen when it is finished, and never changes; a key is taken once: toolkit, saveCacheV2
// - the exact key first, then the newest entry that begins with a restore key; versions must be equal: docs of
//   actions/cache, "Matching a cache key"
// - `cache write denied:` of tokens that may only read: toolkit pull requests 2429, 2447
// - blocks and lists of blocks; block ids of one length; ranges: Azure Storage REST, "Put Block", "Put Block List"
// - addresses that are signed for some minutes: Azure, "Shared access signatures"
import type { ExecutionContext } from 'ava';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOfRequest, serveHttp } from './http-server.js';

interface Entry {
  readonly key: string;
  readonly version: string;
  readonly blocks: Map<string, Buffer>;
  bytes: Buffer | undefined;
  isFinished: boolean;
}

export interface FakeGha {
  readonly url: string;
  readonly token: string;
  /** Finished ones, oldest first. */
  entries(): readonly { readonly key: string; bytes: Buffer }[];
  remove(key: string): void;
  /** `CreateCacheEntry`, `PUT block`, `GET 206`. */
  readonly requests: string[];
  /** Addresses that were given so far are good no more. */
  expireUrls(): void;
  /** Answers in place of the service. */
  intercept?: (
    method: string,
  ) => { status: number; headers?: Record<string, string>; body?: object } | undefined;
}

export async function serveGha(t: ExecutionContext): Promise<FakeGha> {
  const token = 'job-token';
  const all: Entry[] = [];
  const requests: string[] = [];
  let epoch = 1;
  const json = (response: ServerResponse, status: number, body: object, headers: object = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
  const twirpError = (response: ServerResponse, status: number, code: string, msg: string): void =>
    json(response, status, { code, msg });
  const addressOf = (entry: Entry): string =>
    `${fake.url}/storage/${all.indexOf(entry)}?sv=2024&sig=se%2Bcret%3D&epoch=${epoch}`;

  const matching = (key: string, restoreKeys: readonly string[], version: string): Entry | undefined => {
    const usable = all.filter((entry) => entry.isFinished && entry.version === version).toReversed();
    return (
      usable.find((entry) => entry.key === key) ??
      restoreKeys.map((start) => usable.find((entry) => entry.key.startsWith(start))).find(Boolean)
    );
  };
  const serveCall = async (
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
  ): Promise<void> => {
    requests.push(method);
    const instead = fake.intercept?.(method);
    if (instead) return json(response, instead.status, instead.body ?? {}, instead.headers);
    if (request.headers.authorization !== `Bearer ${token}`)
      return twirpError(response, 401, 'unauthenticated', 'bad token');
    if (request.headers['content-type'] !== 'application/json')
      return twirpError(response, 415, 'malformed', 'not JSON');
    const body = JSON.parse((await bodyOfRequest(request)).toString()) as Record<string, string & string[]>;
    const { key = '', version = '', restore_keys: restoreKeys = [], size_bytes: size } = body;
    if (key.length > 512 || key.includes(',') || !/^[0-9a-f]{64}$/.test(version))
      return twirpError(response, 400, 'invalid_argument', 'bad key');
    if (method === 'CreateCacheEntry') {
      if (all.some((entry) => entry.key === key && entry.version === version))
        return twirpError(response, 409, 'already_exists', 'cache entry with the same key exists');
      const entry: Entry = { key, version, blocks: new Map(), bytes: undefined, isFinished: false };
      all.push(entry);
      return json(response, 200, { ok: true, signed_upload_url: addressOf(entry), message: '' });
    }
    if (method === 'FinalizeCacheEntryUpload') {
      const entry = all.find((one) => one.key === key && one.version === version);
      if (entry?.bytes?.length !== Number(size)) return json(response, 200, { ok: false, entry_id: '0' });
      entry.isFinished = true;
      return json(response, 200, { ok: true, entry_id: `${all.indexOf(entry) + 1}` });
    }
    const found = matching(key, restoreKeys as unknown as string[], version);
    json(response, 200, {
      ok: found !== undefined,
      signed_download_url: found ? addressOf(found) : '',
      matched_key: found?.key ?? '',
    });
  };
  const serveStorage = async (
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> => {
    const entry = all[Number(url.pathname.split('/').at(-1))];
    const { searchParams: query } = url;
    const isSigned = query.get('sig') === 'se+cret=' && query.get('epoch') === `${epoch}`;
    if (!entry || !isSigned || request.headers.authorization !== undefined) {
      requests.push(`${request.method} 403`);
      request.resume();
      return void response.writeHead(403).end('<Error><Code>AuthenticationFailed</Code></Error>');
    }
    if (request.method === 'PUT') {
      requests.push(`PUT ${query.get('comp')}`);
      const bytes = await bodyOfRequest(request);
      if (query.get('comp') === 'block') {
        const id = query.get('blockid') ?? '';
        const isOdd = [...entry.blocks.keys()].some((other) => other.length !== id.length);
        if (id === '' || isOdd) return void response.writeHead(400).end();
        entry.blocks.set(id, bytes);
        return void response.writeHead(201).end();
      }
      const ids = [...bytes.toString().matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(([, id = '']) => id);
      const blocks = ids.map((id) => entry.blocks.get(id));
      if (blocks.includes(undefined))
        return void response.writeHead(400).end('<Error><Code>InvalidBlockList');
      entry.bytes = Buffer.concat(blocks.filter((block) => block !== undefined));
      return void response.writeHead(201).end();
    }
    const bytes = entry.bytes ?? Buffer.alloc(0);
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    requests.push(`GET ${start === undefined ? 200 : 206}`);
    if (start === undefined)
      return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    const part = bytes.subarray(Number(start), Number(end) + 1);
    response.writeHead(206, {
      'content-range': `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}`,
      'content-length': part.length,
    });
    response.end(part);
  };
  const fake: FakeGha & { url: string } = {
    url: '',
    token,
    requests,
    entries: () =>
      all.filter((entry) => entry.isFinished).map(({ key, bytes = Buffer.alloc(0) }) => ({ key, bytes })),
    remove(key) {
      for (const entry of all) if (entry.key === key) entry.isFinished = false;
    },
    expireUrls: () => void epoch++,
  };
  fake.url = await serveHttp(t, async (request, response) => {
    const url = new URL(request.url ?? '', 'http://fake');
    const [, method] =
      /^\/twirp\/github\.actions\.results\.api\.v1\.CacheService\/(\w+)$/.exec(url.pathname) ?? [];
    if (method !== undefined && request.method === 'POST') return serveCall(request, response, method);
    return serveStorage(request, response, url);
  });
  return fake;
}
