// Where the objects of a cache lie.
import test from 'ava';
import { s3Address } from '../../../../src/cache/remote/s3/s3-address.js';
import { xmlText } from '../../../../src/cache/remote/aws/xml-text.js';
import { digestOf, hexOf } from '../../../../src/core/digest.js';

const digest = digestOf('x');

for (const [what, place, url] of [
  ['AWS', { bucket: 'b-1', region: 'eu-west-3' }, 'https://b-1.s3.eu-west-3.amazonaws.com/k'],
  ['China', { bucket: 'b-1', region: 'cn-north-1' }, 'https://b-1.s3.cn-north-1.amazonaws.com.cn/k'],
  ['a dot', { bucket: 'b.1', region: 'eu-west-3' }, 'https://s3.eu-west-3.amazonaws.com/b.1/k'],
  [
    'a server',
    { bucket: 'b-1', endpointUrl: 'https://minio.example:9000' },
    'https://b-1.minio.example:9000/k',
  ],
  [
    'path style',
    { bucket: 'b-1', endpointUrl: 'https://minio.example/s3/', usePathStyle: true },
    'https://minio.example/s3/b-1/k',
  ],
  ['an address', { bucket: 'b-1', endpointUrl: 'http://127.0.0.1:9000' }, 'http://127.0.0.1:9000/b-1/k'],
  ['IPv6', { bucket: 'b-1', endpointUrl: 'http://[::1]:9000' }, 'http://[::1]:9000/b-1/k'],
] as const)
  test(`the URL of an object: ${what}`, (t) => {
    t.is(s3Address(place, {}).url('k'), url);
  });

test('keys are prefixes and names put together', (t) => {
  const address = s3Address(
    { bucket: 'b-1', region: 'r', prefix: 'team/', blobsPrefix: 'b/', manifestsPrefix: 'm-' },
    {},
  );
  t.is(address.blobKey(digest), `team/b/sha256/${hexOf(digest)}`);
  t.is(address.packKey('main'), 'team/m-main');
  t.is(address.copySource('a b'), '/b-1/a%20b');
});

test('the environment fills in what the option does not say', (t) => {
  t.is(s3Address({ bucket: 'b-1' }, { region: 'eu-west-3' }).region, 'eu-west-3');
  t.is(s3Address({ bucket: 'b-1', region: 'us-west-2' }, { region: 'eu-west-3' }).region, 'us-west-2');
  t.is(s3Address({ bucket: 'b-1' }, { endpointUrl: 'http://localhost:1' }).region, 'us-east-1');
});

for (const place of [
  { bucket: '' },
  { bucket: 'b/../c', region: 'r' },
  { bucket: 'b-1' },
  { bucket: 'b-1', region: 'r/../x' },
  { bucket: 'b-1', endpointUrl: 'ftp://x' },
  { bucket: 'b-1', endpointUrl: 'https://user:secret@x' },
])
  test(`refused: ${JSON.stringify(place)}`, (t) => {
    const error = t.throws(() => s3Address(place, {}), { code: 'OPTION_INVALID' });
    t.notRegex(error.message, /secret/);
  });

for (const key of ['a/../b', '..', './a', 'x'.repeat(1025)])
  test(`no name of an object: ${key.slice(0, 10)}`, (t) => {
    t.throws(() => s3Address({ bucket: 'b-1', region: 'r' }, {}).url(key), { code: 'OPTION_INVALID' });
  });

test('texts of XML', (t) => {
  t.is(xmlText('<Error><Code>A&amp;B &lt;&gt;</Code><Code>2</Code></Error>', 'Code'), 'A&B <>');
  t.is(xmlText('<Error/>', 'Code'), undefined);
});
