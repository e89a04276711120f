import test from 'ava';
import { guardedLookup, isForbiddenHost, isLoopbackHost } from '../../../src/registry/host-kind.js';

const FORBIDDEN = [
  'http://169.254.169.254/',
  'http://169.254.0.1:80/',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://[fe80::1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[64:ff9b::169.254.169.254]/',
  'http://[fd00:ec2::254]/',
  'http://100.100.100.200/',
  'http://metadata.google.internal/',
  'http://METADATA.google.internal./',
];

for (const url of FORBIDDEN) {
  test(`${url} is forbidden`, (t) => {
    t.true(isForbiddenHost(new URL(url).hostname));
    t.false(isLoopbackHost(new URL(url).hostname));
  });
}

for (const url of [
  'http://127.0.0.1/',
  'http://127.1.2.3/',
  'http://[::1]/',
  'http://localhost:5000/',
  'http://LOCALHOST./',
]) {
  test(`${url} is loopback`, (t) => {
    t.true(isLoopbackHost(new URL(url).hostname));
    t.false(isForbiddenHost(new URL(url).hostname));
  });
}

test('ordinary hosts are neither', (t) => {
  for (const host of ['ghcr.io', '10.0.0.1', '169.253.1.1', '[2001:db8::1]', 'localhost.example']) {
    t.false(isForbiddenHost(host), host);
    t.false(isLoopbackHost(host), host);
  }
});

const resolveGuarded = (hostname: string, all: boolean): Promise<unknown> =>
  new Promise((resolve, reject) => {
    guardedLookup(hostname, { all }, (error, address) => (error ? reject(error) : resolve(address)));
  });

test('a name that a server gave is looked up, and refused when it stands for a forbidden address', async (t) => {
  t.is(await resolveGuarded('127.0.0.1', false), '127.0.0.1');
  t.deepEqual(await resolveGuarded('127.0.0.1', true), [{ address: '127.0.0.1', family: 4 }]);
  await t.throwsAsync(resolveGuarded('169.254.169.254', false), {
    message: /stands for a link-local or metadata address/,
  });
  await t.throwsAsync(resolveGuarded('nosuchhost.invalid', false));
});
