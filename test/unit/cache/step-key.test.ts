import test from 'ava';
import fc from 'fast-check';
import type { DiffId } from '../../../src/core/digest.js';
import { copyInputs, keyOf, KEY_VERSION, runInputs, workdirInputs } from '../../../src/cache/step-key.js';
import type { CopyStep, RunStep, WorkdirStep } from '../../../src/plan/step.js';

const location = { file: 'Dockerfile', startLine: 1, endLine: 1 };
const base = { name: 'n', location, isCacheIgnored: false };
const run: RunStep = {
  ...base,
  kind: 'run',
  argv: ['/bin/sh', '-c', 'x'],
  env: ['A=1'],
  proxyEnv: [],
  cwd: '/',
  user: '',
  hostname: 'h',
  network: 'default',
  isInsecure: false,
  mounts: [],
};
const copy: CopyStep = {
  ...base,
  kind: 'copy',
  from: { kind: 'main' },
  sources: ['a'],
  heredocs: [],
  dest: '/d',
  workdir: '/',
  isLink: false,
  isParents: false,
  excludes: [],
};
const workdir: WorkdirStep = { ...base, kind: 'workdir', path: '/w', user: '' };
const parent = {
  platform: { os: 'linux', architecture: 'amd64' },
  layers: [`sha256:${'a'.repeat(64)}` as DiffId],
  epoch: undefined,
};
const extra = { mountContents: [], addHosts: [], ulimits: [], shmSizeBytes: undefined };
const runKey = (step: RunStep, p = parent) => keyOf(runInputs(step, p, extra));
const copyKey = (step: CopyStep, p = parent, content = ['c']) => keyOf(copyInputs(step, p, content));

test('the keys of version 1 are pinned: a change of the inputs must raise KEY_VERSION', (t) => {
  t.is(KEY_VERSION, 1);
  t.snapshot({ run: runKey(run), copy: copyKey(copy), workdir: keyOf(workdirInputs(workdir, parent)) });
});

test('every field of a RUN that can change its result changes its key', (t) => {
  const changed: Partial<RunStep>[] = [
    { argv: ['/bin/sh', '-c', 'y'] },
    { argv: ['/bin/sh', '-cx'] },
    { env: ['A=2'] },
    { env: ['A=1', 'B=1'] },
    { cwd: '/w' },
    { user: 'u' },
    { hostname: 'i' },
    { network: 'none' },
    { isInsecure: true },
    { script: { name: 'E', content: '#!' } },
    { mounts: [{ mount: { type: 'tmpfs', target: '/t' }, from: { kind: 'scratch' } }] },
  ];
  const keys = new Set([runKey(run), ...changed.map((change) => runKey({ ...run, ...change }))]);
  t.is(keys.size, changed.length + 1);
});

test('proxies, names and places do not change a key', (t) => {
  t.is(
    runKey(run),
    runKey({
      ...run,
      proxyEnv: ['HTTP_PROXY=u'],
      name: 'other',
      location: { ...location, startLine: 9 },
      isCacheIgnored: true,
    }),
  );
});

test('the platform and every layer below change a key (the four mistakes of others)', (t) => {
  t.not(runKey(run), runKey(run, { ...parent, platform: { os: 'linux', architecture: 'arm64' } }));
  t.not(runKey(run), runKey(run, { ...parent, layers: [...parent.layers, ...parent.layers] }));
  t.not(copyKey({ ...copy, dest: '/1' }), copyKey({ ...copy, dest: '/2' }));
  t.not(copyKey(copy, parent, ['a', 'b']), copyKey(copy, parent, ['ab']));
});

test('a linked copy does not depend on what is below', (t) => {
  const linked = { ...copy, isLink: true };
  t.is(copyKey(linked), copyKey(linked, { ...parent, layers: [] }));
});

test('distinct lists have distinct keys', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
      const isEqual = JSON.stringify(a) === JSON.stringify(b);
      return isEqual === (runKey({ ...run, argv: a }) === runKey({ ...run, argv: b }));
    }),
  );
  t.pass();
});
