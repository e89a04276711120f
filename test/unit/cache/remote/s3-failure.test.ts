// What a bucket's refusals are told as.
import test from 'ava';
import { s3Failure } from '../../../../src/cache/remote/s3/s3-failure.js';
import type { HttpResponse } from '../../../../src/registry/exchange.js';

function answer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return {
    status,
    url: 'https://b.example/k?X-Amz-Signature=abc',
    headers: { get: (name) => headers[name] ?? null },
    body: (async function* () {
      yield Buffer.from(body);
    })(),
    discard: async () => undefined,
  };
}

const SUBJECT = { bucket: 'b', doing: 'read the cache' };

test('a page of a proxy is told by its status, without the query', async (t) => {
  const error = await s3Failure(answer(502, '<html>'), SUBJECT);
  t.is(error.code, 'CACHE_UNAVAILABLE');
  t.is(error.message, 'cannot read the cache in bucket b: status 502 from https://b.example/k');
});

test('control characters and long texts of a server do not reach a terminal', async (t) => {
  const body = `<Error><Code>X</Code><Message>\u001b[31m${'a'.repeat(1000)}</Message></Error>`;
  const { message } = await s3Failure(answer(400, body), SUBJECT);
  t.notRegex(message, /\u001b/);
  t.true(message.length < 300);
});

test('the region that a bucket is in is told', async (t) => {
  const { hint } = await s3Failure(answer(301, '', { 'x-amz-bucket-region': 'eu-west-3' }), SUBJECT);
  t.is(hint, 'the bucket is in another region: give region=eu-west-3');
});
