// A RUN of a foreign platform: what is asked for before it, when, and what is said when nothing executes it.
import test from 'ava';
import '../../../src/builder/require-emulators.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { platformOfNode } from '../../../src/oci/platform.js';
import type { FoundWays } from '../../../src/worker/front/emulator-search.js';
import { createRig } from '../../rig/rig.js';

const FOREIGN = { os: 'linux', architecture: 's390x' };
const NOTHING: FoundWays = { isNative: false };
const EMULATOR: FoundWays = {
  isNative: false,
  emulator: { architecture: 's390x', path: '/qemu', takesName: true },
};
const FILE = 'FROM scratch AS app\nRUN one\n';

test('the programs of the machine need nothing, and nothing is looked for', async (t) => {
  const rig = createRig(t);
  rig.sandbox.findWays = async () => t.fail('it looked for an emulator');
  rig.endAll(() => []);
  await rig.build(FILE, { platform: platformOfNode(process.arch) }).result;
  t.deepEqual(rig.sandbox.emulated, []);
});

test('an emulator is asked for before the process starts, for each sandbox', async (t) => {
  const rig = createRig(t);
  rig.sandbox.findWays = async () => EMULATOR;
  const build = rig.build(FILE, { platform: FOREIGN });
  const one = await rig.nextRun('one');
  t.deepEqual(rig.sandbox.emulated, ['s390x']);
  one.exits();
  await build.result;
});

test('without an emulator a RUN that must be executed is refused before a sandbox is opened', async (t) => {
  const rig = createRig(t);
  rig.sandbox.findWays = async () => NOTHING;
  const error = await rig.build(FILE, { platform: FOREIGN }).failure();
  t.is(error.code, 'SANDBOX_NO_EMULATOR');
  t.is(
    error.message,
    'a RUN of stage app is for linux/s390x, and this machine cannot execute programs of linux/s390x',
  );
  t.regex(error.hint ?? '', /apt-get install qemu-user-static/);
  t.is(error.location?.startLine, 2);
  t.deepEqual([rig.sandbox.opened, rig.started], [0, []]);
});

test('a RUN that is in the cache needs no emulator', async (t) => {
  const rig = createRig(t);
  rig.endAll(() => []);
  const { digest } = await rig.build(FILE, { platform: FOREIGN }).result;
  rig.sandbox.findWays = async () => NOTHING;
  const again = await rig.build(FILE, { platform: FOREIGN }).result;
  t.deepEqual([again.digest, again.executed, again.cached], [digest, 0, 1]);
});

/** The first stage is a stage of the image of the machine, the last one is foreign. */
const AFTER_NATIVE =
  'FROM base AS native\nRUN native\nFROM scratch AS app\nCOPY --from=native /etc /e\nRUN one\n';

test('a RUN that comes after others is told of before they are executed, and may be in the cache', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  rig.sandbox.findWays = async (architecture) => (architecture === 's390x' ? NOTHING : { isNative: true });
  const build = rig.build(AFTER_NATIVE, { platform: FOREIGN });
  const native = await rig.nextRun('native');
  native.exits();
  t.is((await build.failure()).code, 'SANDBOX_NO_EMULATOR');
  t.regex(
    build.notes.find((note) => note.includes('s390x')) ?? '',
    /^a RUN of stage app is for .*\(Dockerfile:5\): unless it is in the cache, the build ends there$/,
  );
});

test('with an ignored cache nothing at all is executed', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  rig.sandbox.findWays = async (architecture) => (architecture === 's390x' ? NOTHING : { isNative: true });
  const build = rig.build(AFTER_NATIVE, { platform: FOREIGN, noCache: true });
  const error = await build.failure();
  t.is(error.code, 'SANDBOX_NO_EMULATOR');
  t.is(error.location?.startLine, 5);
  t.deepEqual([rig.started, build.ends], [[], []]);
});

test('COPY, WORKDIR and metadata of a foreign platform need nothing', async (t) => {
  const rig = createRig(t);
  rig.write({ a: 'a' });
  rig.sandbox.findWays = async () => t.fail('it looked for an emulator');
  await rig.build('FROM scratch\nCOPY a /\nWORKDIR /w\nENV A=1\n', { platform: FOREIGN, noCache: true })
    .result;
  t.is(rig.sandbox.opened, 0);
});

test('what the host seemed to execute, and does not, is explained', async (t) => {
  const rig = createRig(t);
  rig.sandbox.findWays = async () => ({ isNative: false, host: {} });
  const build = rig.build(FILE, { platform: FOREIGN });
  (await rig.nextRun('one')).fails(new TsbuildError('STEP_NOT_FOUND', 'exec /bin/sh: exec format error'));
  const error = await build.failure();
  t.is(error.code, 'SANDBOX_NO_EMULATOR');
  t.regex(error.message, /is for linux\/s390x, and .*: exec \/bin\/sh: exec format error$/);
});

test('there is no sandbox for another system', async (t) => {
  const rig = createRig(t);
  const error = await rig.build(FILE, { platform: { os: 'windows', architecture: 'amd64' } }).failure();
  t.is(error.code, 'SANDBOX_NO_EMULATOR');
  t.regex(error.message, /is for windows\/amd64, and there is no sandbox for windows$/);
});
