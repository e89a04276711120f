import test from 'ava';
import fc from 'fast-check';
import { digestOf } from '../../../../src/core/digest.js';
import { parseLocation, withBlobDigest } from '../../../../src/registry/push/location.js';

const asked = new URL('https://r.example/v2/o/x/blobs/uploads/');
const digest = digestOf('x');

test('absolute, relative, with a query that stays as it is', (t) => {
  const cases: [location: string, expected: string][] = [
    [
      'https://r.example/v2/o/x/blobs/uploads/1?_state=a%2Fb%20c+d==',
      '/v2/o/x/blobs/uploads/1?_state=a%2Fb%20c+d==',
    ],
    ['/v2/o/x/blobs/uploads/1', '/v2/o/x/blobs/uploads/1'],
    ['/upload?a=1&a=2&b', '/upload?a=1&a=2&b'],
    ['./1', '/v2/o/x/blobs/uploads/1'],
  ];
  for (const [location, expected] of cases) {
    const url = parseLocation(location, asked);
    t.is(url.href, `https://r.example${expected}`);
    const mark = expected.includes('?') ? '&' : '?';
    t.is(withBlobDigest(url, digest).href, `${url.href}${mark}digest=${encodeURIComponent(digest)}`);
  }
});

test('a registry that does not know of its own TLS is asked by https', (t) => {
  t.is(parseLocation('http://r.example/u/1', asked).href, 'https://r.example/u/1');
  t.is(
    parseLocation('http://r.example:5000/u', new URL('https://r.example:5000/v2/')).href,
    'https://r.example:5000/u',
  );
});

test('another host is allowed, user info is not passed on', (t) => {
  t.is(parseLocation('https://u:p@store.example/u/1?sig=1', asked).href, 'https://store.example/u/1?sig=1');
});

test('what is not followed', (t) => {
  const cases: [location: string | null, why: RegExp][] = [
    [null, /not told/],
    ['', /not told/],
    ['http://[', /not a URL/],
    ['ftp://r.example/u', /not an http or https URL/],
    ['http://other.example/u', /plain http/],
    ['https://169.254.169.254/u', /link-local/],
    ['https://metadata.google.internal/u', /link-local/],
    ['https://[fe80::1]/u', /link-local/],
    ['https://2852039166/u', /link-local/],
  ];
  for (const [location, message] of cases) {
    const error = t.throws(() => parseLocation(location, asked), { message });
    t.like(error, { code: 'REGISTRY_PROTOCOL' });
  }
});

test('any query survives', (t) => {
  fc.assert(
    fc.property(fc.webQueryParameters({ size: 'small' }), (query) => {
      const url = parseLocation(`/u?${query}`, asked);
      const search = withBlobDigest(url, digest).search;
      t.true(search.startsWith(url.search));
      t.is(new URLSearchParams(search).getAll('digest').at(-1), digest);
    }),
  );
  t.pass();
});
