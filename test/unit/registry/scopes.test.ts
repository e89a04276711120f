import test from 'ava';
import { mountScopes, pullScope, pushScope, scopesToAsk } from '../../../src/registry/scopes.js';

test('a scope is a repository and what is done to it', (t) => {
  t.is(pullScope('a/b'), 'repository:a/b:pull');
  t.is(pushScope('a/b'), 'repository:a/b:pull,push');
  t.deepEqual(mountScopes('to', 'from'), ['repository:to:pull,push', 'repository:from:pull']);
});

for (const [what, wanted, asked, result] of [
  ['nothing asked', [pullScope('a')], undefined, ['repository:a:pull']],
  ['the same', [pullScope('a')], 'repository:a:pull', ['repository:a:pull']],
  ['more of the same', [pullScope('a')], 'repository:a:pull,push', ['repository:a:pull']],
  ['another name', [pullScope('a')], 'repository:b/a:pull', ['repository:a:pull', 'repository:b/a:pull']],
  ['pushing to another name', [pullScope('a')], 'repository:b:pull,push', ['repository:a:pull']],
  [
    'another name for a push',
    [pushScope('a')],
    'repository:b/a:push,pull',
    ['repository:a:pull,push', 'repository:b/a:pull,push'],
  ],
  [
    'both of a mount',
    mountScopes('to', 'from'),
    'repository:to:pull,push repository:from:pull',
    ['repository:to:pull,push', 'repository:from:pull'],
  ],
  ['two others', [pushScope('a')], 'repository:b:pull repository:c:pull', ['repository:a:pull,push']],
  ['deleting', [pushScope('a')], 'repository:b:delete', ['repository:a:pull,push']],
  ['everything', [pushScope('a')], 'repository:b:*', ['repository:a:pull,push']],
  ['the catalog', [pushScope('a')], 'registry:catalog:*', ['repository:a:pull,push']],
  ['a hostile name', [pullScope('a')], 'repository:b c&scope=x:pull', ['repository:a:pull']],
] as const) {
  test(`a challenge that asks for ${what} gets what the caller wants and no more`, (t) => {
    t.deepEqual(scopesToAsk(wanted, asked), [...result]);
  });
}
