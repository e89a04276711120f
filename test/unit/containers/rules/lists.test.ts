import test from 'ava';
import fc from 'fast-check';
import { checkedName, randomName } from '../../../../src/containers/rules/container-name.js';
import type { ContainerSummary } from '../../../../src/containers/rules/container-summary.js';
import {
  checkFilter,
  filterContainers,
  type ContainerFilter,
} from '../../../../src/containers/rules/filter-containers.js';
import { findContainer } from '../../../../src/containers/rules/find-container.js';
import { planMounts } from '../../../../src/containers/rules/plan-mounts.js';
import { portsText } from '../../../../src/containers/rules/ports-text.js';
import { statusText } from '../../../../src/containers/rules/status-text.js';
import { parseVolumesFrom } from '../../../../src/containers/rules/volumes-from.js';

const NOW = 1_000_000_000;

test('status: docker’s words', (t) => {
  const of = (facts: Parameters<typeof statusText>[0]) => statusText(facts, NOW);
  const [startedAt, finishedAt] = [NOW - 180_000, NOW - 7_200_000];
  t.is(of({ status: 'running', startedAt }), 'Up 3 minutes');
  t.is(of({ status: 'running', startedAt, health: 'healthy' }), 'Up 3 minutes (healthy)');
  t.is(of({ status: 'running', startedAt, health: 'starting' }), 'Up 3 minutes (health: starting)');
  t.is(of({ status: 'running', startedAt: NOW + 5000 }), 'Up Less than a second');
  t.is(of({ status: 'paused', startedAt }), 'Up 3 minutes (Paused)');
  t.is(of({ status: 'exited', finishedAt, exitCode: 137 }), 'Exited (137) 2 hours ago');
  t.is(of({ status: 'restarting', finishedAt: NOW - 1000, exitCode: 1 }), 'Restarting (1) 1 second ago');
  t.is(of({ status: 'created' }), 'Created');
  t.is(of({ status: 'dead' }), 'Dead');
  t.is(of({ status: 'removing' }), 'Removal In Progress');
});

test('ports: neighbours are joined, other numbers of the host stand alone', (t) => {
  const port = (containerPort: number, hostIp?: string, hostPort?: number, protocol = 'tcp') => ({
    containerPort,
    protocol,
    ...(hostIp !== undefined && { hostIp }),
    ...(hostPort !== undefined && { hostPort }),
  });
  t.is(portsText([]), '');
  t.is(portsText([port(80)]), '80/tcp');
  t.is(portsText([port(80, '0.0.0.0', 8080)]), '0.0.0.0:8080->80/tcp');
  t.is(portsText([port(80, '::', 80)]), '[::]:80->80/tcp');
  const range = [8002, 8000, 8001].map((number) => port(number, '0.0.0.0', number));
  t.is(portsText(range), '0.0.0.0:8000-8002->8000-8002/tcp');
  t.is(portsText([port(80), port(81), port(53, undefined, undefined, 'udp')]), '53/udp, 80-81/tcp');
  t.is(portsText([port(80), port(90), port(91)]), '80/tcp, 90-91/tcp');
  t.is(portsText([...range, port(9, '0.0.0.0', 10)]), '0.0.0.0:8000-8002->8000-8002/tcp, 0.0.0.0:10->9/tcp');
});

const FIRST: ContainerSummary = {
  id: 'aa11'.padEnd(64, '0'),
  name: 'web',
  image: 'app:1',
  imageId: 'sha256:1',
  argv: ['sh'],
  createdAt: 1000,
  status: 'running',
  startedAt: 1000,
  health: 'healthy',
  ports: [
    { containerPort: 80, protocol: 'tcp', hostIp: '0.0.0.0', hostPort: 8080 },
    { containerPort: 53, protocol: 'udp' },
  ],
  labels: { team: 'web', empty: '' },
  mounts: [{ type: 'volume', name: 'data', destination: '/data' }],
  networks: ['bridge'],
};
const SECOND: ContainerSummary = {
  ...FIRST,
  id: 'aa22'.padEnd(64, '0'),
  name: 'db-1',
  imageId: 'sha256:2',
  createdAt: 2000,
  status: 'exited',
  exitCode: 3,
  finishedAt: 2500,
  ports: [],
  labels: { team: 'db' },
  mounts: [],
  networks: ['back'],
};
const { health: _, ...WITHOUT_HEALTH } = SECOND;
const ALL = [FIRST, WITHOUT_HEALTH];

/** Names of those that are shown. */
const FILTERS: readonly (readonly [filter: ContainerFilter, expected: string, facts?: object])[] = [
  [{}, 'web'],
  [{ isAll: true }, 'db-1 web'],
  [{ last: 1 }, 'db-1'],
  [{ last: 5 }, 'db-1 web'],
  [{ statuses: ['exited'] }, 'db-1'],
  [{ statuses: ['exited', 'running'] }, 'db-1 web'],
  [{ isAll: true, ids: ['aa2'] }, 'db-1'],
  [{ isAll: true, names: ['b'] }, 'db-1 web'],
  [{ isAll: true, names: ['^web$'] }, 'web'],
  [{ isAll: true, names: ['^/web$'] }, 'web'],
  [{ isAll: true, labels: [{ key: 'team' }] }, 'db-1 web'],
  [{ isAll: true, labels: [{ key: 'team', value: 'db' }] }, 'db-1'],
  [{ isAll: true, labels: [{ key: 'team' }, { key: 'empty', value: '' }] }, 'web'],
  [{ isAll: true, health: ['healthy'] }, 'web'],
  [{ isAll: true, health: ['none'] }, 'db-1'],
  [{ isAll: true, exitCodes: [3] }, 'db-1'],
  [{ isAll: true, exitCodes: [0] }, ''],
  [{ isAll: true, volumes: ['data'] }, 'web'],
  [{ isAll: true, volumes: ['/data'] }, 'web'],
  [{ isAll: true, networks: ['back'] }, 'db-1'],
  [{ isAll: true, published: ['80'] }, 'web'],
  [{ isAll: true, published: ['8080'] }, ''],
  [{ isAll: true, published: ['53/udp'] }, ''],
  [{ isAll: true, exposed: ['50-60/udp'] }, 'web'],
  [{ isAll: true, ancestors: ['app'] }, 'db-1', { imageIds: new Set(['sha256:2']) }],
  [{ isAll: true }, 'web', { before: 2000 }],
  [{ isAll: true }, 'db-1', { since: 1000 }],
  [{ isAll: true, networks: ['back'], labels: [{ key: 'team', value: 'web' }] }, ''],
];

for (const [filter, expected, facts] of FILTERS)
  test(`filter: ${JSON.stringify({ ...filter, ...facts })}`, (t) => {
    checkFilter(filter);
    const shown = filterContainers(ALL, filter, { imageIds: new Set(), ...facts });
    t.is(shown.map(({ name }) => name).join(' '), expected);
  });

for (const [filter, text] of [
  [{ statuses: ['up'] }, 'status=up'],
  [{ health: ['ill'] }, 'health=ill'],
  [{ published: ['http'] }, 'publish=http'],
  [{ exposed: ['80/icmp'] }, 'expose=80/icmp'],
  [{ names: ['('] }, 'name=('],
] as const)
  test(`filter: ${text} is refused`, (t) => {
    t.throws(() => checkFilter(filter), { message: `invalid filter '${text}'` });
  });

test('a container by name, id, or the beginning of its id', (t) => {
  t.is(findContainer(ALL, 'web'), FIRST);
  t.is(findContainer(ALL, '/web'), FIRST);
  t.is(findContainer(ALL, FIRST.id), FIRST);
  t.is(findContainer(ALL, 'aa1'), FIRST);
  t.throws(() => findContainer(ALL, 'aa'), { message: 'multiple IDs found with provided prefix: aa' });
  t.throws(() => findContainer(ALL, 'we'), { message: 'No such container: we', code: 'CONTAINER_NOT_FOUND' });
  t.throws(() => findContainer(ALL, ''), { message: 'No such container: ' });
  const named = { ...FIRST, id: 'bb', name: 'aa2' };
  t.is(findContainer([...ALL, named], 'aa2'), named);
});

test('names: which are allowed', (t) => {
  for (const name of ['web', 'w1', '0a', 'a_b.c-d']) t.is(checkedName(name), name);
  t.is(checkedName('/web'), 'web');
  for (const name of ['', 'a', '-a', '.a', 'a b', 'a/b', 'ä1'])
    t.throws(() => checkedName(name), {
      message: `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    });
});

test('random names are allowed, and get digits when they were taken', (t) => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(6), (random, tries) => {
      const name = randomName(() => random, tries);
      t.is(checkedName(name), name);
      t.is(/\d$/.test(name), tries >= 3);
    }),
  );
});

test('mounts: asked ones cover those of other containers and VOLUME paths; outer ones come first', (t) => {
  const planned = planMounts({
    mounts: [
      { type: 'tmpfs', target: '/data/tmp' },
      { type: 'volume', target: '/data', name: 'mine' },
    ],
    fromOthers: [
      { type: 'volume', target: '/data', name: 'theirs' },
      { type: 'volume', target: '/logs', name: 'logs' },
    ],
    volumePaths: ['/logs', '/cache'],
  });
  t.deepEqual(planned, [
    { type: 'volume', target: '/data', name: 'mine' },
    { type: 'volume', target: '/logs', name: 'logs' },
    { type: 'volume', target: '/cache' },
    { type: 'tmpfs', target: '/data/tmp' },
  ]);
  const twice = { type: 'volume', target: '/a' } as const;
  t.throws(() => planMounts({ mounts: [twice, twice], fromOthers: [], volumePaths: [] }), {
    message: 'Duplicate mount point: /a',
  });
});

test('volumes of other containers', (t) => {
  t.deepEqual(parseVolumesFrom('c'), { container: 'c' });
  t.deepEqual(parseVolumesFrom('c:ro'), { container: 'c', isReadonly: true });
  t.deepEqual(parseVolumesFrom('c:rw,z'), { container: 'c', isReadonly: false });
  t.deepEqual(parseVolumesFrom('c:Z'), { container: 'c' });
  for (const text of ['', ':ro', 'c:x', 'c:ro,rw', 'c:', 'c:ro:rw'])
    t.throws(() => parseVolumesFrom(text), { name: 'TsbuildError' });
});
