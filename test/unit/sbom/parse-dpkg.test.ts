import test from 'ava';
import fc from 'fast-check';
import { parseDpkg } from '../../../src/sbom/parse-dpkg.js';

const parse = (text: string) => parseDpkg(Buffer.from(text));

const STATUS = `Package: libstdc++6
Status: install ok installed
Priority: optional
Maintainer: Debian GCC Maintainers <debian-gcc@lists.debian.org>
Architecture: amd64
Source: gcc-12
Version: 12.2.0-14+deb12u1
Depends: gcc-12-base (= 12.2.0-14+deb12u1), libc6 (>= 2.36)
Conffiles:
 /etc/a 0123456789abcdef
 Package: not-a-field
Description: GNU Standard C++ Library v3
 This package contains an additional runtime library.
 .
 More of it.
Homepage: http://gcc.gnu.org/

Package: bash
Status: install ok installed
Maintainer: Matthias Klose <doko@debian.org>
Architecture: amd64
Source: bash (5.2.15-2)
Version: 5.2.15-2+b8

Package: zlib1g
Status: hold ok half-configured
Architecture: amd64
Version: 1:1.2.13.dfsg-1

Package: left-over
Status: deinstall ok config-files
Version: 1

Package: never
Status: unknown ok not-installed
`;

test('packages whose files are there are listed with what a scanner looks them up by', (t) => {
  t.deepEqual(parse(STATUS), {
    entries: [
      {
        name: 'libstdc++6',
        version: '12.2.0-14+deb12u1',
        architecture: 'amd64',
        homepage: 'http://gcc.gnu.org/',
        upstream: 'gcc-12',
        supplier: 'Organization: Debian GCC Maintainers (debian-gcc@lists.debian.org)',
      },
      {
        name: 'bash',
        version: '5.2.15-2+b8',
        architecture: 'amd64',
        upstream: 'bash@5.2.15-2',
        supplier: 'Person: Matthias Klose (doko@debian.org)',
      },
      { name: 'zlib1g', version: '1:1.2.13.dfsg-1', architecture: 'amd64' },
    ],
    broken: 0,
  });
});

test('a file of status.d has no status', (t) => {
  t.deepEqual(parse('Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n').entries, [
    { name: 'tzdata', version: '2024a-0+deb12u1', architecture: 'all' },
  ]);
});

test('broken paragraphs are left out and counted', (t) => {
  const { entries, broken } = parse(
    'Version: 1\n\n\n \nPackage: a\n\nnonsense\n\npackage: b\nversion: 2\r\n',
  );
  t.deepEqual(entries, [{ name: 'b', version: '2' }]);
  t.is(broken, 3);
});

test('any bytes are read to their end', (t) => {
  const lines = fc.constantFrom(
    'Package: a',
    'Version: \u0000\u009b1',
    'Status: x',
    '',
    ' ',
    ':',
    'Source: ( (',
  );
  const text = fc.oneof(
    fc.array(lines).map((all) => Buffer.from(all.join('\n'))),
    fc.uint8Array(),
  );
  fc.assert(
    fc.property(text, (bytes) => {
      for (const { name, version = '' } of parseDpkg(bytes).entries)
        t.notRegex(`${name}${version}`, /[\p{Cc}\p{Cs}]/u);
    }),
  );
  t.pass();
});
