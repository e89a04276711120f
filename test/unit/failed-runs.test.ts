import test from 'ava';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOfCommand, type FailedRun } from '../../src/builder/failed-runs.js';
import { keptCommandOf } from '../../src/builder/steps/kept-command-of.js';
import { TsbuildError } from '../../src/core/errors.js';
import type { BuildEvent } from '../../src/core/events.js';
import { createFailedRuns } from '../../src/failed-runs.js';
import type { RunStep } from '../../src/plan/step.js';
import type { StageRun } from '../../src/builder/stage-run.js';
import { readKeptStep, removeKeptStep } from '../../src/store/build-logs/kept-step.js';
import { parseCommand } from '../../src/worker/kept-command.js';
import type { ProcessSpec } from '../../src/worker/sandbox.js';
import { tempDir } from '../support/temp-store.js';

const OWNER = { mode: 0o400, uid: 0, gid: 0 };
const PROCESS: ProcessSpec = {
  argv: ['make'],
  env: ['A=1', 'TOKEN=sesame', 'HTTP_PROXY=http://u:p@proxy'],
  cwd: '/',
  uid: 0,
  gid: 0,
  groups: [],
  hostname: 'h',
  network: 'none',
  isInsecure: false,
  mounts: [
    { type: 'secret', target: '/s', data: Buffer.from('sesame'), ...OWNER },
    { type: 'ssh', target: '/a', agentSocket: '/tmp/agent', ...OWNER },
    { type: 'tmpfs', target: '/t' },
  ],
  resolvConf: '',
  hosts: '',
  files: [],
  ulimits: [],
  shmSizeBytes: 1,
};

const RUN = {
  tools: { request: {}, buildPlatform: { os: 'linux', architecture: 'amd64' } },
  machine: { os: 'linux', architecture: 'amd64' },
  stepsSoFar: () => [],
} as unknown as StageRun;
const STEP = {
  name: '[1/1] RUN make',
  network: 'none',
  proxyEnv: ['HTTP_PROXY=http://u:p@proxy'],
  mounts: [
    { mount: { type: 'secret', id: 'token' }, from: { kind: 'main' } },
    { mount: { type: 'ssh', id: 'default' }, from: { kind: 'main' } },
  ],
} as unknown as RunStep;

function failedRun(name = STEP.name): FailedRun {
  const step = { ...STEP, name };
  const facts = { layers: [], process: PROCESS, env: ['A=1'], failure: 'exit code: 2' };
  return {
    command: keptCommandOf(RUN, step, facts),
    rootfs: { start: () => Promise.reject(new Error('unused')) },
    process: PROCESS,
  };
}

function world(builds: string) {
  const told: BuildEvent[] = [];
  const options = { paths: { builds }, buildId: 'b', emit: (event: BuildEvent) => told.push(event) };
  return { told, runs: createFailedRuns({ ...options, now: () => 7 }) };
}

test('the first command that fails is kept, without secrets and what leads to them, for the user alone', async (t) => {
  const builds = join(tempDir(t), 'builds');
  const { told, runs } = world(builds);
  await Promise.all([runs.onFailed(failedRun()), runs.onFailed(failedRun('another'))]);
  t.is(runs.shellClosed(), undefined);
  const text = readKeptStep({ builds }, 'b') ?? '';
  const command = parseCommand(text);
  t.is(command?.name, STEP.name);
  t.deepEqual(command?.process.env, ['A=1']);
  t.deepEqual(command?.process.mounts, [{ type: 'tmpfs', target: '/t' }]);
  t.deepEqual(command?.absent, ['the secret token', 'the ssh agent default', 'the proxy variables']);
  t.notRegex(text, /sesame|u:p|agentSocket/);
  t.is(statSync(join(builds, 'b.step.json')).mode & 0o777, 0o600);
  t.deepEqual(told, [{ kind: 'kept-command', build: 'b', time: 7 }]);
  removeKeptStep({ builds }, 'b');
  t.is(readKeptStep({ builds }, 'b'), undefined);
});

test('a command that cannot be kept is said, and ends nothing', async (t) => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, '');
  chmodSync(file, 0o600);
  const { told, runs } = world(join(file, 'builds'));
  await runs.onFailed(failedRun());
  t.deepEqual(
    told.map((event) => event.kind === 'note' && event.message),
    ['the failed step is not kept for tsbuild debug: a part of the path is not a directory'],
  );
});

test('what keeps a command from its work is no failure of the command', (t) => {
  t.true(isOfCommand(new TsbuildError('STEP_EXIT_NONZERO', 'm')));
  t.true(isOfCommand(new TsbuildError('STEP_NOT_FOUND', 'm')));
  t.false(isOfCommand(new TsbuildError('SANDBOX_NO_NETWORK', 'm')));
  t.false(isOfCommand(new TsbuildError('ABORTED', 'm')));
  t.false(isOfCommand(new Error('m')));
});
