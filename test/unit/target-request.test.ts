import test from 'ava';
import type { TargetSpec } from '../../src/bake/target-spec.js';
import { requestOfTarget } from '../../src/target-request.js';

const requestOf = (spec: TargetSpec, allow: readonly string[] = [], env = {}) =>
  requestOfTarget({ name: 'app', spec, isLinked: false }, { env, allow });

test('the path of a Dockerfile is relative to a context of this machine', (t) => {
  t.deepEqual(requestOf({ context: 'dir', dockerfile: 'Dockerfile' }), { context: 'dir' });
  t.deepEqual(requestOf({ context: 'dir', dockerfile: 'a/x.Dockerfile' }), {
    context: 'dir',
    dockerfile: 'dir/a/x.Dockerfile',
  });
  t.like(requestOf({ context: 'dir', dockerfile: '/abs' }), { dockerfile: '/abs' });
  t.like(requestOf({ context: 'dir', dockerfile: 'cwd://x' }), { dockerfile: 'x' });
  t.like(requestOf({ context: 'https://h.test/r.git', dockerfile: 'x' }), { dockerfile: 'x' });
  t.deepEqual(requestOf({ context: '.', dockerfile: 'x', 'dockerfile-inline': 'FROM a' }), {
    context: '.',
    dockerfileText: 'FROM a',
  });
});

test('each attribute becomes the member of that option', (t) => {
  const request = requestOf(
    {
      annotations: ['index:a=b'],
      attest: [
        { type: 'provenance', mode: 'max' },
        { type: 'sbom', disabled: 'true' },
      ],
      contexts: { base: 'target:base', here: 'cwd://' },
      args: { A: '1', NONE: null },
      labels: { l: 'x' },
      tags: ['a:1'],
      'cache-from': [{ type: 'registry', ref: 'r/c' }],
      'cache-to': [{ type: 'inline' }],
      target: 'prod',
      secret: [{ id: 's', env: 'S' }],
      ssh: [{ id: 'default' }],
      platforms: ['linux/arm64', 'linux/amd64'],
      output: [{ type: 'image', push: 'true', name: 'b:2' }],
      pull: true,
      'no-cache': true,
      network: 'host',
      'no-cache-filter': ['x'],
      'shm-size': '64m',
      ulimits: ['nofile=1:2'],
      resources: { memory: '1g' },
      entitlements: ['network.host'],
      'extra-hosts': { h: '10.0.0.1' },
    },
    ['network.host'],
    { SOURCE_DATE_EPOCH: '5' },
  );
  t.deepEqual(request, {
    context: '.',
    annotations: ['index:a=b'],
    provenance: { mode: 'max' },
    buildContexts: { base: 'target:base', here: '.' },
    buildArgs: { SOURCE_DATE_EPOCH: '5', A: '1' },
    labels: { l: 'x' },
    tags: ['a:1', 'b:2'],
    cacheFrom: [{ place: { type: 'registry', ref: 'r/c' } }],
    cacheTo: [{ place: { type: 'inline' } }],
    target: 'prod',
    secrets: [{ id: 's', env: 'S' }],
    ssh: [{ id: 'default', paths: [] }],
    platforms: [
      { os: 'linux', architecture: 'arm64' },
      { os: 'linux', architecture: 'amd64' },
    ],
    outputs: [{ type: 'image', push: true }],
    pull: true,
    noCache: true,
    network: 'host',
    noCacheFilter: ['x'],
    shmSizeBytes: 64 << 20,
    ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
    resources: { memoryBytes: 1 << 30 },
    allow: ['network.host'],
    addHosts: [{ host: 'h', ip: '10.0.0.1' }],
  });
});

for (const [spec, code, message] of [
  [{ entitlements: ['network.host'] }, 'NOT_ALLOWED', /target app: it asks for network\.host/],
  [{ context: '-' }, 'OPTION_INVALID', /standard input/],
  [{ network: 'bridge' }, 'OPTION_INVALID', /network mode "bridge"/],
  [{ output: [{ type: 'imag' }] }, 'OPTION_INVALID', /target app: unknown output type/],
  [{ platforms: ['nosuch/x/y/z'] }, 'OPTION_INVALID', /target app/],
] as const)
  test(`refused: ${JSON.stringify(spec)}`, (t) => {
    t.throws(() => requestOf(spec as TargetSpec), { code, message });
  });
