// Docker's table of where cp puts what it copies.
import test from 'ava';
import { parseCopyPlace } from '../../../../src/containers/copy/copy-place.js';
import { planCopy, type CopyTarget } from '../../../../src/containers/rules/plan-copy.js';

type Found = CopyTarget['found'];

const PLANS: readonly (readonly [
  source: string,
  isDirectory: boolean,
  target: string,
  Found,
  string,
  string,
])[] = [
  ['/a/f', false, '/t', 'directory', '/t', 'f'],
  ['/a/f', false, '/t/', 'directory', '/t/', 'f'],
  ['/a/f', false, '/t/g', undefined, '/t', 'g'],
  ['/a/f', false, '/t/g', 'other', '/t', 'g'],
  ['/a/d', true, '/t', 'directory', '/t', 'd'],
  ['/a/d/', true, '/t', 'directory', '/t', 'd'],
  ['/a/d/.', true, '/t', 'directory', '/t', ''],
  ['/a/d', true, '/t/e', undefined, '/t', 'e'],
  ['/a/d/.', true, '/t/e', undefined, '/t', 'e'],
  ['/a/d', true, '/t/e/', undefined, '/t', 'e'],
  ['/', true, '/t', 'directory', '/t', ''],
];

for (const [source, isDirectory, target, found, directory, name] of PLANS)
  test(`${source} to ${target}, which is ${found ?? 'not there'}`, (t) => {
    t.deepEqual(planCopy({ path: source, isDirectory }, { path: target, found }), { directory, name });
  });

const REFUSALS: readonly (readonly [source: string, isDirectory: boolean, target: string, Found, RegExp])[] =
  [
    ['/a/f/', false, '/t', 'directory', /not a directory/],
    ['/a/d', true, '/t', 'other', /cannot copy directory/],
    ['/a/f', false, '/t/', undefined, /no such directory/],
    ['/a/f', false, '/t/', 'other', /not a directory/],
  ];

for (const [source, isDirectory, target, found, words] of REFUSALS)
  test(`${source} does not go to ${target}, which is ${found ?? 'not there'}`, (t) => {
    t.throws(() => planCopy({ path: source, isDirectory }, { path: target, found }), { message: words });
  });

test('places: of a container, of this machine, a stream', (t) => {
  t.deepEqual(parseCopyPlace('-'), { kind: 'stream' });
  t.deepEqual(parseCopyPlace('c:a//b/../d'), { kind: 'container', container: 'c', path: '/a/d' });
  t.deepEqual(parseCopyPlace('c:/a/.'), { kind: 'container', container: 'c', path: '/a/.' });
  t.deepEqual(parseCopyPlace('c:'), { kind: 'container', container: 'c', path: '/' });
  t.deepEqual(parseCopyPlace('c:/../../etc/'), { kind: 'container', container: 'c', path: '/etc/' });
  for (const path of ['a', './c:x', '/c:x', '../c:x', ':x'])
    t.deepEqual(parseCopyPlace(path), { kind: 'local', path });
});
