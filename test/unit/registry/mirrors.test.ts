import test from 'ava';
import { parseReference } from '../../../src/oci/reference.js';
import { endpointsOf } from '../../../src/registry/mirrors.js';
import { parseRegistryOptions } from '../../../src/registry/registry-options.js';

const places = (text: string, mirrors: string, insecure = '') => {
  const env = { TSBUILD_REGISTRY_MIRRORS: mirrors, TSBUILD_INSECURE_REGISTRIES: insecure };
  return endpointsOf(parseReference(text), parseRegistryOptions(env)).map(
    ({ origins, repository }) => `${origins.join('|')} ${repository}`,
  );
};

test('docker.io is at registry-1.docker.io, others are where their name says', (t) => {
  t.deepEqual(places('alpine', ''), ['https://registry-1.docker.io library/alpine']);
  t.deepEqual(places('ghcr.io/o/x', ''), ['https://ghcr.io o/x']);
});

test('plain http: first at loopback, second at insecure hosts, nowhere else', (t) => {
  t.deepEqual(places('localhost:5000/x', ''), ['http://localhost:5000|https://localhost:5000 x']);
  t.deepEqual(places('[::1]:5000/x', ''), ['http://[::1]:5000|https://[::1]:5000 x']);
  t.deepEqual(places('r.example:5000/x', '', 'r.example:5000'), [
    'https://r.example:5000|http://r.example:5000 x',
  ]);
  t.deepEqual(places('r.example/x', '', 'r.example:5000'), ['https://r.example x']);
});

const MAPPED: readonly [text: string, mirror: string, place: string | undefined][] = [
  ['busybox', 'docker.io=http://127.0.0.1:1', 'http://127.0.0.1:1 library/busybox'],
  ['busybox', 'docker.io=http://127.0.0.1:1/', 'http://127.0.0.1:1 library/busybox'],
  [
    'quay.io/libpod/centos',
    'quay.io/libpod=http://127.0.0.1:1/quay.io/libpod',
    'http://127.0.0.1:1 quay.io/libpod/centos',
  ],
  ['mirror.gcr.io/busybox', 'mirror.gcr.io=http://127.0.0.1:1/library', 'http://127.0.0.1:1 library/busybox'],
  ['gcr.io/a/b', 'gcr.io=http://127.0.0.1:5055/gcr.io', 'http://127.0.0.1:5055 gcr.io/a/b'],
  ['quay.io/libpod/centos', 'quay.io/libpod/centos=https://h/x/y', 'https://h x/y'],
  ['alpine', 'docker.io=mirror.example', 'https://mirror.example library/alpine'],
  ['alpine', 'docker.io=127.0.0.1:5055', 'http://127.0.0.1:5055 library/alpine'],
  ['quay.io/libpod-evil/x', 'quay.io/libpod=https://h', undefined],
  ['quay.io.evil/libpod/x', 'quay.io=https://h', undefined],
];

for (const [text, mirror, place] of MAPPED) {
  test(`${text} with ${mirror}`, (t) => {
    const found = places(text, mirror);
    if (place === undefined) t.is(found.length, 1);
    else t.is(found[0], place);
    t.regex(found.at(-1) ?? '', /^https:\/\/(registry-1\.docker\.io|quay|mirror\.gcr|gcr)/);
  });
}

test('the longest prefix wins; equal ones are asked in order', (t) => {
  const mirrors = 'quay.io=https://a,quay.io/o=https://b/o, quay.io/o=https://c/o ,';
  t.deepEqual(places('quay.io/o/x', mirrors), ['https://b o/x', 'https://c o/x', 'https://quay.io o/x']);
  t.deepEqual(places('quay.io/p/x', mirrors), ['https://a p/x', 'https://quay.io p/x']);
});

const MALFORMED: readonly [
  variable: 'TSBUILD_REGISTRY_MIRRORS' | 'TSBUILD_INSECURE_REGISTRIES',
  text: string,
  message: RegExp,
][] = [
  [
    'TSBUILD_REGISTRY_MIRRORS',
    'docker.io',
    /TSBUILD_REGISTRY_MIRRORS: "docker.io": an item is prefix=address/,
  ],
  ['TSBUILD_REGISTRY_MIRRORS', '=http://127.0.0.1', /before = is not a registry/],
  ['TSBUILD_REGISTRY_MIRRORS', 'quay.io/=https://h', /before = is not a registry/],
  ['TSBUILD_REGISTRY_MIRRORS', 'https://quay.io=https://h', /before = is not a registry/],
  ['TSBUILD_REGISTRY_MIRRORS', 'quay.io=', /not an http or https URL/],
  ['TSBUILD_REGISTRY_MIRRORS', 'quay.io=ftp://h', /not an http or https URL/],
  ['TSBUILD_REGISTRY_MIRRORS', 'quay.io=https://u:geheim@h', /"quay.io": .*without user info/],
  ['TSBUILD_REGISTRY_MIRRORS', 'quay.io=https://h?x', /without user info and query/],
  ['TSBUILD_REGISTRY_MIRRORS', 'quay.io=https://h/A', /path of the address/],
  ['TSBUILD_REGISTRY_MIRRORS', 'quay.io=http://h.example', /plain http is spoken to loopback addresses only/],
  ['TSBUILD_INSECURE_REGISTRIES', 'http://h', /TSBUILD_INSECURE_REGISTRIES: "http:\/\/h": not a host/],
];

for (const [variable, text, message] of MALFORMED) {
  test(`${variable}=${text} is refused`, (t) => {
    const error = t.throws(() => parseRegistryOptions({ [variable]: text }), { message });
    t.like(error, { code: 'OPTION_INVALID' });
    t.false(error?.message.includes('geheim'));
  });
}

test('a plain http mirror is allowed when it is listed as insecure', (t) => {
  t.is(places('quay.io/x', 'quay.io=http://h.example:1', 'h.example:1')[0], 'http://h.example:1 x');
});
