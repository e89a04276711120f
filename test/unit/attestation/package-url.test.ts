// The cases of BuildKit's util/purl/image_test.go.
import test from 'ava';
import { packageUrl } from '../../../src/attestation/package-url.js';
import { digestOf } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';

const digest = digestOf('test');
const platform = { os: 'linux', architecture: 'amd64', variant: 'v1' };

const CASES: readonly (readonly [name: string, expected: string])[] = [
  ['alpine', 'pkg:docker/alpine@latest'],
  ['library/alpine:3.15', 'pkg:docker/alpine@3.15'],
  ['docker.io/library/alpine:latest', 'pkg:docker/alpine@latest'],
  [`docker.io/library/alpine:latest@${digest}`, `pkg:docker/alpine@latest?digest=${digest}`],
  [`docker.io/library/alpine@${digest}`, `pkg:docker/alpine?digest=${digest}`],
  ['user/test:v2', 'pkg:docker/user/test@v2'],
  ['ghcr.io/foo/bar:v2', 'pkg:docker/ghcr.io/foo/bar@v2'],
  ['ghcr.io/foo/bar', 'pkg:docker/ghcr.io/foo/bar@latest'],
  ['localhost:5000/app', 'pkg:docker/localhost%3A5000/app@latest'],
];

for (const [name, expected] of CASES)
  test(`${name} is ${expected}`, (t) => t.is(packageUrl('docker', name), expected));

test('the platform is a qualifier, normalised, behind the digest', (t) => {
  t.is(packageUrl('docker', 'busybox', platform), 'pkg:docker/busybox@latest?platform=linux%2Famd64');
  const both = `pkg:oci/busybox?digest=${digest}&platform=linux%2Farm64`;
  t.is(packageUrl('oci', `busybox@${digest}`, { os: 'linux', architecture: 'arm64', variant: 'v8' }), both);
});

test('what is no reference is refused', (t) => {
  t.throws(() => packageUrl('docker', 'inv:al:id'), { instanceOf: TsbuildError, code: 'REGISTRY_REFERENCE' });
});
