import test from 'ava';
import fc from 'fast-check';
import { TsbuildError } from '../../../src/core/errors.js';
import { matches, parseFilter } from '../../../src/upkeep/filters.js';
import type { Item } from '../../../src/upkeep/item.js';

test('filters as they are written', (t) => {
  t.deepEqual(parseFilter('until=24h'), { key: 'until', seconds: 86_400 });
  t.deepEqual(parseFilter('until=1h30m5s'), { key: 'until', seconds: 5405 });
  t.deepEqual(parseFilter('until=7d'), { key: 'until', seconds: 7 * 86_400 });
  t.deepEqual(parseFilter('until=500ms'), { key: 'until', seconds: 0.5 });
  t.deepEqual(parseFilter('type=trees'), { key: 'type', type: 'trees' });
  t.deepEqual(parseFilter('type=regular'), { key: 'type', type: 'build-cache' });
  t.deepEqual(parseFilter('type=exec.cachemount'), { key: 'type', type: 'cache-mounts' });
  t.deepEqual(parseFilter('id=abc'), { key: 'id', id: 'abc' });
  t.deepEqual(parseFilter('description~=npm ci'), { key: 'description', text: 'npm ci' });
});

for (const text of [
  '',
  'until',
  'until=',
  'until=24',
  'until=h',
  'until=1h!',
  'until=-1h',
  'type=toString',
  'type=tree',
  'id~=x',
  'description=x',
  'shared=true',
])
  test(`${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => parseFilter(text), { code: 'OPTION_INVALID' });
  });

test('any other text is a filter or refused', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('until=', 'type=', 'id=', 'description~=', ''), (text, key) => {
      try {
        return key + text === '' || parseFilter(key + text).key.length > 0;
      } catch (error) {
        return error instanceof TsbuildError && error.code === 'OPTION_INVALID';
      }
    }),
  );
  t.pass();
});

test('filters of one key widen, those of different keys narrow', (t) => {
  const item: Item = {
    id: 'trees:abcdef',
    class: 'trees',
    bytes: 1,
    lastUsed: 100,
    description: 'RUN npm ci',
    isDangling: false,
    uses: [],
    place: { kind: 'tree', path: '/' },
  };
  const isMatch = (...texts: string[]): boolean => matches(item, texts.map(parseFilter), 200);
  t.true(isMatch());
  t.true(isMatch('type=bases', 'type=trees'));
  t.false(isMatch('type=trees', 'until=2m'));
  t.true(isMatch('type=trees', 'until=99s'));
  t.false(isMatch('until=100s'), 'used exactly so long ago is not longer');
  t.true(isMatch('id=abc'));
  t.true(isMatch('id=trees:abc'));
  t.false(isMatch('id=bcd'));
  t.true(isMatch('description~=npm'));
});
