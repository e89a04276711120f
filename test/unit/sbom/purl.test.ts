import test from 'ava';
import fc from 'fast-check';
import { PackageURL } from 'packageurl-js';
import { fromUtf8 } from '../../../src/core/bytes.js';
import type { FoundPackage } from '../../../src/sbom/found-package.js';
import { packageUrl, purlOf } from '../../../src/sbom/purl.js';

const path = fromUtf8('x');
const debian = { id: 'debian', release: 'debian-12' };

const GOLDEN: readonly (readonly [Omit<FoundPackage, 'path'>, string])[] = [
  [
    {
      type: 'deb',
      name: 'libstdc++6',
      version: '12.2.0-14+deb12u1',
      architecture: 'amd64',
      upstream: 'gcc-12',
    },
    'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=gcc-12',
  ],
  [
    { type: 'deb', name: 'attr', version: '1:2.4.47-2~rc1', upstream: 'attr@1:2.4.47-2' },
    'pkg:deb/debian/attr@1:2.4.47-2~rc1?distro=debian-12&upstream=attr%401:2.4.47-2',
  ],
  [{ type: 'apk', name: 'musl', version: '1.2.5-r0' }, 'pkg:apk/debian/musl@1.2.5-r0?distro=debian-12'],
  [
    { type: 'rpm', name: 'GConf2', version: '3.2.6-31.fc40', epoch: '1', architecture: 'x86_64' },
    'pkg:rpm/debian/GConf2@3.2.6-31.fc40?arch=x86_64&distro=debian-12&epoch=1',
  ],
  [{ type: 'npm', name: '@angular/core', version: '17.0.0' }, 'pkg:npm/%40angular/core@17.0.0'],
  [{ type: 'npm', name: 'a', version: '1.0.0+b/c' }, 'pkg:npm/a@1.0.0%2Bb%2Fc'],
  [{ type: 'pypi', name: 'Flask_Login' }, 'pkg:pypi/flask-login'],
];

for (const [found, purl] of GOLDEN)
  test(`${found.type} ${found.name} is ${purl}`, (t) => {
    t.is(packageUrl({ ...found, path }, debian), purl);
    t.is(
      PackageURL.fromString(purl).name,
      found.type === 'pypi' ? 'flask-login' : found.name.split('/').at(-1)!,
    );
  });

test('without os-release the distribution is the usual one', (t) => {
  t.is(packageUrl({ type: 'deb', name: 'a', version: '1', path }, undefined), 'pkg:deb/debian/a@1');
  t.is(packageUrl({ type: 'apk', name: 'a', version: '1', path }, undefined), 'pkg:apk/alpine/a@1');
  t.is(packageUrl({ type: 'rpm', name: 'a', version: '1', path }, undefined), 'pkg:rpm/a@1');
});

test('slashes of values are encoded', (t) => {
  const qualifiers = { repository_url: 'docker.io/library/app', tag: undefined, arch: '' };
  t.is(
    purlOf({ type: 'oci', name: 'app', version: 'sha256:00', qualifiers }),
    'pkg:oci/app@sha256:00?repository_url=docker.io%2Flibrary%2Fapp',
  );
});

test('another reader of package URLs gives back what was put in', (t) => {
  // Without the percent sign: packageurl-js 2.0.1 decodes values of qualifiers twice.
  const unit = fc.constantFrom(...`abz09 .-_~+:@/?#&='"()*!,;[]{}|^<>é😀`);
  const text = fc.string({ unit }).map((word) => `a${word}b`);
  fc.assert(
    fc.property(text, text, text, (name, version, value) => {
      const read = PackageURL.fromString(
        purlOf({ type: 'generic', name, version, qualifiers: { k: value } }),
      );
      t.is(read.name, name);
      t.is(read.version, version);
      t.is(read.qualifiers?.['k'], value);
    }),
  );
});
