import test from 'ava';
import { isNetworkMatch, parseNetworkFilter } from '../../../../src/containers/networks/network-filter.js';
import { PREDEFINED, type NetworkRecord } from '../../../../src/containers/networks/network-record.js';

const back: NetworkRecord = {
  version: 1,
  id: 'a'.repeat(64),
  name: 'app_back',
  createdAt: 0,
  driver: 'bridge',
  isInternal: false,
  labels: { tier: 'db', empty: '' },
  options: {},
};

function shown(...texts: readonly string[]): string[] {
  const filters = texts.map((text) => parseNetworkFilter(text, 'list'));
  return [...PREDEFINED, back].filter((n) => isNetworkMatch(n, filters, () => false)).map(({ name }) => name);
}

test('filters widen and narrow as docker’s', (t) => {
  t.deepEqual(shown(), ['bridge', 'host', 'none', 'app_back']);
  t.deepEqual(shown('name=back'), ['app_back']);
  t.deepEqual(shown('name=ost', 'name=one'), ['host', 'none']);
  t.deepEqual(shown('type=builtin', 'driver=bridge'), ['bridge']);
  t.deepEqual(shown('type=custom'), ['app_back']);
  t.deepEqual(shown('dangling=true'), ['app_back']);
  t.deepEqual(shown('id=aaa'), ['app_back']);
  t.deepEqual(shown('label=tier'), ['app_back']);
  t.deepEqual(shown('label=tier=db', 'label=empty='), ['app_back']);
  t.deepEqual(shown('label=tier=web'), []);
  t.deepEqual(shown('scope=swarm'), []);
});

test('what is no filter', (t) => {
  for (const text of ['name', 'colour=red', 'dangling=maybe', 'type=other', 'label!=x'])
    t.throws(() => parseNetworkFilter(text, 'list'), { code: 'OPTION_INVALID' }, text);
  t.notThrows(() => parseNetworkFilter('label!=keep', 'prune'));
  t.throws(() => parseNetworkFilter('name=x', 'prune'), { code: 'OPTION_INVALID' });
});
