import test from 'ava';
import fc from 'fast-check';
import { parseChallenges } from '../../../src/registry/challenge.js';

const read = (header: string | null) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test('Bearer with the parameters of a token server', (t) => {
  t.deepEqual(
    read(
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/x:pull"',
    ),
    [
      [
        'bearer',
        {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:library/x:pull',
        },
      ],
    ],
  );
});

test('several challenges in one header, escapes, odd spacing', (t) => {
  t.deepEqual(read('Basic realm="a \\"b\\"" , BEARER  Realm = x ,Error=insufficient_scope'), [
    ['basic', { realm: 'a "b"' }],
    ['bearer', { realm: 'x', error: 'insufficient_scope' }],
  ]);
  t.deepEqual(read('Negotiate, Basic realm=""'), [
    ['negotiate', {}],
    ['basic', { realm: '' }],
  ]);
});

test('no header, no challenge', (t) => {
  t.deepEqual(read(null), []);
  t.deepEqual(read(''), []);
  t.deepEqual(read('"realm'), []);
});

test('any header is read without failure and in bounded time', (t) => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseChallenges(text))));
  t.deepEqual(read(`Bearer realm="${'\\'.repeat(15_000)}`).length, 1);
  t.pass();
});
