import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fromUtf8 } from '../../../../src/core/bytes.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import {
  fetchHttpSource,
  httpAuthorization,
  type FetchUrl,
} from '../../../../src/context/remote/http-source.js';
import { nodeOfDownload } from '../../../../src/context/remote/url-file.js';

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly string[];
}

/** A server of one answer that records what it was asked. */
function answering(reply: Reply): { fetch: FetchUrl; asked: Record<string, string>[] } {
  const asked: Record<string, string>[] = [];
  const fetch: FetchUrl = async (url, { headers }) => {
    asked.push({ ...headers });
    async function* body(): AsyncGenerator<Buffer> {
      for (const part of reply.body ?? []) {
        if (part === 'BREAK') throw new TsbuildError('REGISTRY_UNREACHABLE', 'connection lost');
        yield Buffer.from(part);
      }
    }
    return {
      status: reply.status ?? 200,
      url,
      headers: { get: (name) => reply.headers?.[name.toLowerCase()] ?? null },
      body: body(),
    };
  };
  return { fetch, asked };
}

function target(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tsbuild-http-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'content');
}

const URL_ = 'https://user:pw@h.example/a/b.tgz?sig=s3cret';
const MODIFIED = 'Wed, 21 Oct 2015 07:28:00 GMT';

test('fetched: content, digest, mode, date', async (t) => {
  const file = target(t);
  const { fetch, asked } = answering({
    headers: { etag: '"e"', 'last-modified': MODIFIED },
    body: ['hel', 'lo'],
  });
  const { kind, record } = await fetchHttpSource({
    url: URL_,
    file,
    fetch,
    checksum: digestOf('hello'),
    authorization: 'Bearer t',
  });
  t.is(kind, 'fetched');
  t.is(readFileSync(file, 'utf8'), 'hello');
  t.is(statSync(file).mode & 0o777, 0o600);
  t.deepEqual(asked, [{ authorization: 'Bearer t' }]);
  t.like(record, { digest: digestOf('hello'), sizeBytes: 5, etag: '"e"', lastModified: MODIFIED });
  t.like(nodeOfDownload(record, fromUtf8(file)), {
    type: 'file',
    mode: 0o600,
    uid: 0,
    gid: 0,
    size: 5,
    mtime: 1445412480,
  });
  t.is(nodeOfDownload({ digest: record.digest, sizeBytes: 5 }, fromUtf8(file)).mtime, 0);
});

test('conditional requests', async (t) => {
  const file = target(t);
  const first = await fetchHttpSource({
    url: URL_,
    file,
    ...answering({ headers: { etag: 'W/"e"', 'last-modified': MODIFIED }, body: ['x'] }),
  });
  rmSync(file);
  const tagged = answering({ status: 304, headers: { etag: '"e"' } });
  t.deepEqual(await fetchHttpSource({ url: URL_, file, fetch: tagged.fetch, known: first.record }), {
    kind: 'unchanged',
    record: first.record,
  });
  t.deepEqual(tagged.asked, [{ 'if-none-match': 'W/"e"' }]);
  const { etag: _, ...untagged } = first.record;
  const dated = answering({ status: 200, headers: { 'last-modified': MODIFIED }, body: ['y'] });
  const again = await fetchHttpSource({ url: URL_, file, fetch: dated.fetch, known: untagged });
  t.deepEqual(dated.asked, [{}], 'a date says nothing about content that became older');
  t.like(again.record, { digest: digestOf('y') });
  rmSync(file);
  await t.throwsAsync(fetchHttpSource({ url: URL_, file, fetch: answering({ status: 304 }).fetch }), {
    code: 'ADD_REMOTE',
    message: /invalid not-modified ETag/,
  });
  const other = answering({ status: 304, headers: { etag: '"f"' } });
  await t.throwsAsync(fetchHttpSource({ url: URL_, file, fetch: other.fetch, known: first.record }), {
    message: /invalid not-modified ETag: "f"/,
  });
  await t.throwsAsync(
    fetchHttpSource({ url: URL_, file, fetch: tagged.fetch, known: first.record, checksum: digestOf('y') }),
    { code: 'ADD_CHECKSUM' },
  );
});

test('a digest that differs: nothing is left, nothing is told of the credentials', async (t) => {
  const file = target(t);
  const error = await t.throwsAsync(
    fetchHttpSource({ url: URL_, file, ...answering({ body: ['evil'] }), checksum: digestOf('good') }),
    { code: 'ADD_CHECKSUM' },
  );
  t.is(
    error?.message,
    `digest mismatch for https://h.example/a/b.tgz: ${digestOf('evil')} (expected: ${digestOf('good')})`,
  );
  t.false(existsSync(file));
  await t.throwsAsync(fetchHttpSource({ url: URL_, file, ...answering({}), checksum: 'md5:1' }), {
    code: 'ADD_CHECKSUM',
    message: /^unsupported digest algorithm$/,
  });
});

test('statuses', async (t) => {
  const file = target(t);
  for (const status of [199, 400, 401, 404, 500]) {
    const error = await t.throwsAsync(fetchHttpSource({ url: URL_, file, ...answering({ status }) }), {
      code: 'ADD_REMOTE',
    });
    t.is(error?.message, `https://h.example/a/b.tgz: invalid response status ${status}`);
  }
  t.is((await fetchHttpSource({ url: URL_, file, ...answering({ status: 203 }) })).record.sizeBytes, 0);
});

test('a broken or aborted transfer leaves no file', async (t) => {
  const file = target(t);
  await t.throwsAsync(fetchHttpSource({ url: URL_, file, ...answering({ body: ['a', 'BREAK'] }) }), {
    code: 'REGISTRY_UNREACHABLE',
  });
  t.false(existsSync(file));
  await t.throwsAsync(
    fetchHttpSource({ url: URL_, file, ...answering({ body: ['a'] }), signal: AbortSignal.abort() }),
    { code: 'ABORTED' },
  );
  t.false(existsSync(file));
});

test('authorization from secrets', (t) => {
  const secrets: Readonly<Record<string, string>> = {
    HTTP_AUTH_TOKEN_a: 'tok\n',
    HTTP_AUTH_HEADER_b: 'Basic x',
    HTTP_AUTH_TOKEN_b: 'no',
  };
  const authorization = (url: string): string | undefined => httpAuthorization(url, (id) => secrets[id]);
  t.is(authorization('https://a/x'), 'Bearer tok');
  t.is(authorization('https://b/x'), 'Basic x');
  t.is(authorization('https://a:8443/x'), undefined);
  t.is(authorization('nonsense'), undefined);
});
