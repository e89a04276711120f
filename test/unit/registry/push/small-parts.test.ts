// Range, mount sources, warnings, errors and options of a push.
import test from 'ava';
import { digestOf } from '../../../../src/core/digest.js';
import { parseReference } from '../../../../src/oci/reference.js';
import { checkNamedDigest, errorCodes, toPushFailure } from '../../../../src/registry/push/answer.js';
import { mountSource } from '../../../../src/registry/push/mount-source.js';
import { parsePushOptions } from '../../../../src/registry/push/push-options.js';
import { receivedBytes } from '../../../../src/registry/push/received-range.js';
import { createWarner, parseWarnings } from '../../../../src/registry/push/warnings.js';

test('Range', (t) => {
  const rows: [range: string | null, sent: number, expected: number | undefined][] = [
    [null, 10, undefined],
    ['', 10, undefined],
    ['0-9', 10, 10],
    ['bytes=0-9', 10, 10],
    ['0-4', 10, 5],
    // docker-registry has nothing, or one byte.
    ['0-0', 10, 0],
    ['0-0', 1, 1],
    ['5-9', 10, undefined],
    ['0--1', 10, undefined],
    ['none', 10, undefined],
  ];
  for (const [range, sent, expected] of rows) t.is(receivedBytes(range, sent), expected, String(range));
});

test('the nearest source at the same registry', (t) => {
  const target = parseReference('r.example/team/app/web');
  const from = (sure: string[], likely: string[], refused: string[] = []) =>
    mountSource(target, {
      sure,
      likely: likely.map(parseReference),
      isRefused: (path) => refused.includes(path),
    });
  t.is(from([], []), undefined);
  t.is(from([], ['docker.io/library/node', 'other.example/team/app/base']), undefined);
  t.is(from([], ['r.example/base', 'r.example/team/app/base', 'r.example/team/x']), 'team/app/base');
  t.is(from(['other'], ['r.example/team/app/base']), 'other');
  t.is(from(['team/app/web'], ['r.example/team/app/web']), undefined);
  t.is(from(['other'], ['r.example/team/app/base'], ['other']), 'team/app/base');
});

test('warnings', (t) => {
  t.deepEqual(parseWarnings(null), []);
  t.deepEqual(parseWarnings('299 - "tag is old"'), ['tag is old']);
  t.deepEqual(parseWarnings('110 - "stale", 299 - "a \\"b\\""'), ['a "b"']);
  t.deepEqual(parseWarnings('299 - "a\u0007\u001b[31m b"'), ['a [31m b']);
  t.is(parseWarnings(`299 - "${'x'.repeat(2000)}"`)[0]?.length, 301);
  const notes: string[] = [];
  const warn = createWarner((note) => notes.push(note));
  const header = (text: string) => ({ get: () => `299 - "${text}"` });
  for (const text of ['a', 'b', 'a', ...Array.from({ length: 50 }, (_, at) => `w${at}`)])
    warn('r.example', header(text));
  t.deepEqual(notes.slice(0, 2), ['r.example warns: a', 'r.example warns: b']);
  t.is(notes.length, 10);
});

const subject = { what: 'r.example/x:1', registry: 'r.example' };
const answer = (status: number, body: unknown = '') => ({
  method: 'PUT',
  status,
  headers: { get: () => null },
  url: 'https://r.example/v2/x/blobs/uploads/1?_state=secret',
  bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

test('codes of an error, or none', (t) => {
  t.deepEqual(errorCodes(answer(400, { errors: [{ code: 'A' }, { code: 1 }, null, { code: 'B' }] })), [
    'A',
    'B',
  ]);
  for (const body of ['<html>', { errors: 'x' }, 'null', '[]', ''])
    t.deepEqual(errorCodes(answer(400, body)), []);
});

test('failures are those of a push, and say whose credentials were used', (t) => {
  const login = { from: '/home/u/.docker/config.json', username: 'u' };
  const denied = toPushFailure(answer(401), subject, login);
  t.is(denied.code, 'REGISTRY_UNAUTHORIZED');
  t.regex(denied.message, /^push access denied to r\.example\/x:1: .*config\.json \(user u\)/);
  t.regex(toPushFailure(answer(401), subject, undefined).message, /^push access denied/);
  const long = toPushFailure(answer(413, '<html>'), subject, login);
  t.is(long.code, 'REGISTRY_REFUSED');
  t.regex(long.hint ?? '', /TSBUILD_PUSH_CHUNK/);
  t.notRegex(long.message, /secret/);
});

test('a digest may be absent, not another one', (t) => {
  const digest = digestOf('a');
  const named = (name: string | null) => ({ headers: { get: () => name } });
  t.notThrows(() => checkNamedDigest(named(null), digest, 'x'));
  t.notThrows(() => checkNamedDigest(named(digest), digest, 'x'));
  t.like(
    t.throws(() => checkNamedDigest(named(digestOf('b')), digest, 'x')),
    {
      code: 'REGISTRY_DIGEST_MISMATCH',
    },
  );
});

test('TSBUILD_PUSH_CHUNK', (t) => {
  t.is(parsePushOptions({}).chunkBytes, undefined);
  t.is(parsePushOptions({ TSBUILD_PUSH_CHUNK: '' }).chunkBytes, undefined);
  t.is(parsePushOptions({ TSBUILD_PUSH_CHUNK: '16m' }).chunkBytes, 16 << 20);
  for (const text of ['x', '-1', '1k', '0'])
    t.like(
      t.throws(() => parsePushOptions({ TSBUILD_PUSH_CHUNK: text })),
      { code: 'OPTION_INVALID' },
    );
});
