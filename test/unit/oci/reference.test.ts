import test from 'ava';
import fc from 'fast-check';
import {
  canonicalReference,
  familiarName,
  familiarReference,
  parseImageName,
  parseReference,
  withDefaultTag,
} from '../../../src/oci/reference.js';

const HEX = 'a'.repeat(64);

const GOOD: readonly [text: string, canonical: string, familiar: string][] = [
  ['alpine', 'docker.io/library/alpine:latest', 'alpine'],
  ['alpine:3.20', 'docker.io/library/alpine:3.20', 'alpine:3.20'],
  ['user/app', 'docker.io/user/app:latest', 'user/app'],
  ['docker.io/alpine', 'docker.io/library/alpine:latest', 'alpine'],
  ['index.docker.io/library/alpine', 'docker.io/library/alpine:latest', 'alpine'],
  ['index.docker.io/alpine', 'docker.io/library/alpine:latest', 'alpine'],
  ['library/distros/x', 'docker.io/library/distros/x:latest', 'library/distros/x'],
  ['localhost/x', 'localhost/x:latest', 'localhost/x'],
  ['localhost:5000/x:1', 'localhost:5000/x:1', 'localhost:5000/x:1'],
  ['[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x'],
  ['[2001:db8::1]/a/b', '[2001:db8::1]/a/b:latest', '[2001:db8::1]/a/b'],
  ['Registry/x', 'Registry/x:latest', 'Registry/x'],
  ['ghcr.io/o/x', 'ghcr.io/o/x:latest', 'ghcr.io/o/x'],
  ['a__b/c--d/e.f_g', 'docker.io/a__b/c--d/e.f_g:latest', 'a__b/c--d/e.f_g'],
  ['x:A_b.c-D', 'docker.io/library/x:A_b.c-D', 'x:A_b.c-D'],
  [`x@sha256:${HEX}`, `docker.io/library/x@sha256:${HEX}`, `x@sha256:${HEX}`],
  [`x:1@sha256:${HEX}`, `docker.io/library/x:1@sha256:${HEX}`, `x:1@sha256:${HEX}`],
  ['0', 'docker.io/library/0:latest', '0'],
  // Without a slash nothing is a domain: this is the tag 5000 of the image localhost.
  ['localhost:5000', 'docker.io/library/localhost:5000', 'localhost:5000'],
];

for (const [text, canonical, familiar] of GOOD) {
  test(`parses ${text}`, (t) => {
    const reference = parseReference(text);
    t.is(canonicalReference(reference), canonical);
    t.is(familiarReference(reference), familiar);
  });
}

const BAD: readonly [text: string, message: string][] = [
  ['', 'invalid reference format'],
  [' x', 'invalid reference format'],
  ['x ', 'invalid reference format'],
  ['x:', 'invalid reference format'],
  ['x@', 'invalid reference format'],
  ['x:-a', 'invalid reference format'],
  [`x:${'a'.repeat(129)}`, 'invalid reference format'],
  ['x/', 'invalid reference format'],
  ['/x', 'invalid reference format'],
  ['a//b', 'invalid reference format'],
  ['a..b', 'invalid reference format'],
  ['a___b', 'invalid reference format'],
  ['-a', 'invalid reference format'],
  ['ghcr.io/../x', 'invalid reference format'],
  ['ghcr.io/x\n', 'invalid reference format'],
  ['http://x/y', 'invalid reference format'],
  ['[::1%eth0]:5000/x', 'invalid reference format'],
  ['App', 'invalid reference format: repository name (library/App) must be lowercase'],
  ['user/App:1', 'invalid reference format: repository name (user/App) must be lowercase'],
  ['ghcr.io/O/x', 'invalid reference format: repository name (O/x) must be lowercase'],
  [HEX, `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`],
  [`ghcr.io/${'a'.repeat(256)}`, 'repository name must not be more than 255 characters'],
  [`x@md5:${'a'.repeat(32)}`, 'unsupported digest algorithm'],
  [`x@sha512:${'a'.repeat(128)}`, 'unsupported digest algorithm'],
  [`x@sha256:${'a'.repeat(40)}`, 'invalid checksum digest length'],
  [`x@sha256:${'A'.repeat(64)}`, 'invalid checksum digest format'],
  ['x@sha256:../../etc', 'invalid reference format'],
  ['a'.repeat(100_000), 'invalid reference format'],
];

for (const [text, message] of BAD) {
  test(`refuses ${JSON.stringify(text.slice(0, 90))}`, (t) => {
    t.like(
      t.throws(() => parseReference(text)),
      { code: 'REGISTRY_REFERENCE', message },
    );
  });
}

test('a digest may not be in the name of an image, and a missing tag becomes latest', (t) => {
  t.is(canonicalReference(parseImageName('app')), 'docker.io/library/app:latest');
  t.like(
    t.throws(() => parseImageName(`app@sha256:${HEX}`)),
    {
      code: 'OPTION_INVALID',
      message: `invalid tag "app@sha256:${HEX}": build tag cannot contain a digest`,
    },
  );
  t.is(
    t.throws(() => parseImageName('App')).message,
    'invalid tag "App": invalid reference format: repository name (library/App) must be lowercase',
  );
});

test('the default tag is not added to a digest', (t) => {
  t.is(withDefaultTag(parseReference(`x@sha256:${HEX}`)).tag, undefined);
  t.is(familiarName(parseReference('docker.io/library/x:1')), 'x');
});

const component = fc.stringMatching(/^[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,6}){0,2}$/);
const reference = fc.record(
  {
    domain: fc.constantFrom('docker.io', 'ghcr.io', 'localhost', 'r:5000', '[fe80::1]:443', 'UPPER'),
    parts: fc.array(component, { minLength: 1, maxLength: 4 }),
    tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
    digest: fc.stringMatching(/^[0-9a-f]{64}$/),
  },
  { requiredKeys: ['domain', 'parts'] },
);

test('canonical and familiar forms parse back to the same reference', (t) => {
  fc.assert(
    fc.property(reference, ({ domain, parts, tag, digest }) => {
      const text = `${domain}/${parts.join('/')}${tag ? `:${tag}` : ''}${digest ? `@sha256:${digest}` : ''}`;
      const parsed = parseReference(text);
      t.deepEqual(parseReference(canonicalReference(parsed)), withDefaultTag(parsed));
      // As in Docker, the short form of a Docker Hub path whose first part looks like a host is another name.
      const isAmbiguous =
        parsed.domain === 'docker.io' && /^[^/]*\.[^/]*\/|^localhost\/|^[a-f0-9]{64}/.test(parsed.path);
      if (!isAmbiguous) t.deepEqual(parseReference(familiarReference(parsed)), parsed);
    }),
  );
});

test('any text gives a reference or REGISTRY_REFERENCE', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseReference(text);
      } catch (error) {
        t.like(error, { code: 'REGISTRY_REFERENCE' });
      }
    }),
  );
  t.pass();
});
