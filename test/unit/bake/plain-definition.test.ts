import test from 'ava';
import { readPlainDefinition } from '../../../src/bake/plain-definition.js';

test('words of JavaScript tools mean attributes of bake files', (t) => {
  const { targets, groups } = readPlainDefinition(
    {
      targets: {
        base: { args: { NODE: 22 }, noCache: true },
        app: {
          extends: 'base',
          tags: 'app:1',
          outputs: 'type=oci,dest=a.tar',
          secrets: [{ id: 's', env: 'S' }],
          cacheFrom: ['r/c'],
        },
      },
      groups: { default: ['app'] },
    },
    'package.json',
  );
  t.deepEqual(targets, [
    { name: 'base', spec: { args: { NODE: '22' }, 'no-cache': true } },
    {
      name: 'app',
      spec: {
        inherits: ['base'],
        tags: ['app:1'],
        output: [{ type: 'oci', dest: 'a.tar' }],
        secret: [{ id: 's', env: 'S' }],
        'cache-from': [{ type: 'registry', ref: 'r/c' }],
      },
    },
  ]);
  t.deepEqual(groups, [{ name: 'default', targets: ['app'] }]);
});

for (const [data, message] of [
  [3, /package\.json must be an object/],
  [{ target: {} }, /no member target \(did you mean targets\?\)/],
  [{ targets: { app: { tagz: [] } } }, /package\.json, app: a target has no attribute tagz/],
  [{ targets: { 'a b': {} } }, /invalid name "a b"/],
  [{ groups: { g: 'app' } }, /group g must be a list of names/],
] as const)
  test(`refused: ${JSON.stringify(data)}`, (t) => {
    t.throws(() => readPlainDefinition(data, 'package.json'), { message });
  });
