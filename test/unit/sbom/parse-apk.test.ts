import test from 'ava';
import fc from 'fast-check';
import { parseApk } from '../../../src/sbom/parse-apk.js';

const parse = (text: string) => parseApk(Buffer.from(text));

const INSTALLED = `C:Q1wZsSWMjkgnbOsoMsVVkcB7sYA6k=
P:musl
V:1.2.5-r0
A:x86_64
S:407000
I:667648
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Natanael Copa <ncopa@alpinelinux.org>
t:1709222222
c:46e8c1a0ea9bb3da7ee4dcd85fd8c5dcd8a5c0b0
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1Kja4oVnTyqu3Yx2Q2s6pbaxDTCU=

C:Q1=
P:ssl_client
V:1.36.1-r29
A:x86_64
L:GPL-2.0-only
o:busybox

`;

test('letters are read in their case and files are passed over', (t) => {
  t.deepEqual(parse(INSTALLED), {
    entries: [
      {
        name: 'musl',
        version: '1.2.5-r0',
        architecture: 'x86_64',
        license: 'MIT',
        homepage: 'https://musl.libc.org/',
        supplier: 'Person: Natanael Copa (ncopa@alpinelinux.org)',
      },
      {
        name: 'ssl_client',
        version: '1.36.1-r29',
        architecture: 'x86_64',
        license: 'GPL-2.0-only',
        upstream: 'busybox',
      },
    ],
    broken: 0,
  });
});

test('an entry without name or version is left out and counted', (t) => {
  t.deepEqual(parse('P:a\n\nV:1\n\nP:b\nV:2\n'), { entries: [{ name: 'b', version: '2' }], broken: 2 });
});

test('any bytes are read to their end', (t) => {
  t.notThrows(() => fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseApk(bytes))));
});
