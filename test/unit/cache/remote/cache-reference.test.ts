// Where the cache of a scope lies: scopes are tags, and no two scopes are one tag.
import test from 'ava';
import fc from 'fast-check';
import { besideImage, cacheReference } from '../../../../src/cache/remote/cache-reference.js';
import { tagOfScope } from '../../../../src/cache/remote/scope-tag.js';
import { familiarReference, parseReference } from '../../../../src/oci/reference.js';

const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

test('a scope that is a tag stays as it is, another one gets a tag of its own', (t) => {
  for (const scope of ['main', 'pr-12', 'v1.2_3', 'A'.repeat(128)]) t.is(tagOfScope(scope), scope);
  t.is(tagOfScope('feature/a'), 'feature-a-951d42dc02dc');
  t.is(tagOfScope('.hidden'), 'hidden-1692419006a8');
  t.regex(tagOfScope('日本'), /^scope-[0-9a-f]{12}$/);
  // A name that looks like the tag of another scope is none.
  t.not(tagOfScope(tagOfScope('feature/a')), tagOfScope('feature/a'));
});

test('tags are valid, and no two scopes share one', (t) => {
  const scope = fc.oneof(
    fc.string({ minLength: 1, maxLength: 200 }),
    fc.string({ unit: fc.constantFrom('a', '/', '-', '.', '0'), minLength: 1, maxLength: 12 }),
  );
  fc.assert(
    fc.property(scope, scope, (a, b) => {
      t.regex(tagOfScope(a), TAG);
      if (a !== b) t.not(tagOfScope(a), tagOfScope(b));
      t.not(tagOfScope(tagOfScope(`${a}/`)), tagOfScope(`${a}/`));
    }),
  );
});

test('the tag of a reference is its scope', (t) => {
  const shown = (ref: string, scope?: string) => familiarReference(cacheReference(ref, scope));
  t.is(shown('r.test/app-cache'), 'r.test/app-cache:main');
  t.is(shown('r.test/app-cache', 'pr-12'), 'r.test/app-cache:pr-12');
  t.is(shown('r.test/app-cache:pr-12'), 'r.test/app-cache:pr-12');
  t.is(shown('app:a', 'a'), 'app:a');
  const digest = `sha256:${'a'.repeat(64)}`;
  t.is(shown(`r.test/c@${digest}`), `r.test/c@${digest}`);
  const error = t.throws(() => cacheReference('r.test/app:main', 'pr-12'));
  t.like(error, {
    code: 'OPTION_CONFLICT',
    message: 'r.test/app:main names a cache, and scope=pr-12 another one',
    hint: 'leave the tag of ref out, or scope',
  });
});

test('an inline cache lies beside the first image', (t) => {
  t.deepEqual(besideImage(['r.test/app:1', 'r.test/b:2'], undefined), parseReference('r.test/app:1-cache'));
  t.deepEqual(besideImage(['r.test/app'], undefined), parseReference('r.test/app:latest-cache'));
  t.deepEqual(besideImage(['r.test/app:1'], 'dev'), parseReference('r.test/app:dev-cache'));
  t.like(
    t.throws(() => besideImage([], undefined)),
    { code: 'OPTION_INVALID', hint: 'add --push, or use type=registry,ref=REPOSITORY:TAG' },
  );
});
