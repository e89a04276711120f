import test from 'ava';
import { argvOf, mergeConfig, type AskedConfig } from '../../../../src/containers/rules/merge-config.js';
import type { ContainerConfig } from '../../../../src/oci/types.js';

const IMAGE: ContainerConfig = { Entrypoint: ['/entry'], Cmd: ['a', 'b'] };
const NO_COMMAND = 'no command specified';

/** Rows: image, asked, entrypoint and command that come out (moby daemon/commit.go merge, mergeAndVerifyConfig). */
const COMMANDS: readonly (readonly [
  name: string,
  image: ContainerConfig,
  asked: AskedConfig,
  expected: readonly [entrypoint: readonly string[], cmd: readonly string[]] | typeof NO_COMMAND,
])[] = [
  ['nothing asked: the image has both', IMAGE, {}, [['/entry'], ['a', 'b']]],
  ['arguments replace CMD alone', IMAGE, { command: ['c'] }, [['/entry'], ['c']]],
  ['an entrypoint drops the CMD too', IMAGE, { entrypoint: ['/other'] }, [['/other'], []]],
  ['an entrypoint with arguments', IMAGE, { entrypoint: ['/other'], command: ['c'] }, [['/other'], ['c']]],
  ['--entrypoint "" with arguments', IMAGE, { entrypoint: [''], command: ['sh'] }, [[], ['sh']]],
  ['--entrypoint "" alone takes no CMD', IMAGE, { entrypoint: [''] }, NO_COMMAND],
  ['an empty list takes the CMD, not the entrypoint', IMAGE, { entrypoint: [] }, [[], ['a', 'b']]],
  ['only CMD', { Cmd: ['sh'] }, {}, [[], ['sh']]],
  ['only ENTRYPOINT', { Entrypoint: ['/entry'] }, {}, [['/entry'], []]],
  ['null is nothing', { Entrypoint: null, Cmd: null }, {}, NO_COMMAND],
  ['an entrypoint of the image that is one empty text', { Entrypoint: [''], Cmd: ['sh'] }, {}, [[], ['sh']]],
  ['an image that names none', {}, { command: ['true'] }, [[], ['true']]],
];

for (const [name, image, asked, expected] of COMMANDS)
  test(`command: ${name}`, (t) => {
    if (expected === NO_COMMAND) {
      t.throws(() => mergeConfig(image, asked), { message: NO_COMMAND });
      return;
    }
    const { entrypoint, cmd } = mergeConfig(image, asked);
    t.deepEqual([entrypoint, cmd], [...expected]);
    t.deepEqual(argvOf({ entrypoint, cmd }), [...expected[0], ...expected[1]]);
  });

test('a relative directory is refused, one of the image is not', (t) => {
  const asked = { command: ['true'], workingDir: 'w' };
  t.throws(() => mergeConfig({}, asked), {
    message: "the working directory 'w' is invalid, it needs to be an absolute path",
  });
  t.is(mergeConfig({ WorkingDir: 'w' }, { command: ['true'] }).workingDir, 'w');
});

const RUN = { command: ['true'] };

test('variables: asked ones first, the image gives those that are not named', (t) => {
  const image = { Env: ['PATH=/bin', 'A=1', 'B=2'] };
  t.deepEqual(mergeConfig(image, { ...RUN, env: ['B=3', 'C=4'] }).env, ['B=3', 'C=4', 'PATH=/bin', 'A=1']);
  t.deepEqual(mergeConfig(image, RUN).env, image.Env);
});

test('a name alone takes the variable of the image away', (t) => {
  t.deepEqual(mergeConfig({ Env: ['A=1', 'B=2'] }, { ...RUN, env: ['A'] }).env, ['A', 'B=2']);
});

test('user, directory and signal: the flag, else the image, else empty', (t) => {
  const image = { User: 'app', WorkingDir: '/app', StopSignal: 'SIGINT' };
  const asked = { ...RUN, user: '5:6', workingDir: '/w', stopSignal: 'HUP' };
  const pick = ({ user, workingDir, stopSignal }: ReturnType<typeof mergeConfig>) => [
    user,
    workingDir,
    stopSignal,
  ];
  t.deepEqual(pick(mergeConfig(image, RUN)), ['app', '/app', 'SIGINT']);
  t.deepEqual(pick(mergeConfig(image, asked)), ['5:6', '/w', 'HUP']);
  t.deepEqual(pick(mergeConfig({}, RUN)), ['', '', '']);
});

test('ports, volumes and labels are joined', (t) => {
  const image = {
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
    Labels: { team: 'web', tier: 'front' },
  };
  const merged = mergeConfig(image, {
    ...RUN,
    exposedPorts: ['80/tcp', '53/udp'],
    volumes: ['/cache'],
    labels: { team: 'db' },
  });
  t.deepEqual(merged.exposedPorts, ['80/tcp', '53/udp']);
  t.deepEqual(merged.volumes, ['/data', '/cache']);
  t.deepEqual(merged.labels, { team: 'db', tier: 'front' });
});

test('the shell of the image, else /bin/sh -c', (t) => {
  t.deepEqual(mergeConfig({ Shell: ['/bin/bash', '-c'] }, RUN).shell, ['/bin/bash', '-c']);
  t.deepEqual(mergeConfig({}, RUN).shell, ['/bin/sh', '-c']);
});

test('a health check is merged field by field', (t) => {
  const Healthcheck = { Test: ['CMD', 'check'], Interval: 5e9, Retries: 2 };
  t.deepEqual(
    mergeConfig({ Healthcheck }, { ...RUN, healthcheck: { interval: 1e9, timeout: 2e9 } }).healthcheck,
    {
      test: ['CMD', 'check'],
      interval: 1e9,
      timeout: 2e9,
      retries: 2,
    },
  );
  t.deepEqual(mergeConfig({ Healthcheck }, { ...RUN, healthcheck: { test: ['NONE'] } }).healthcheck?.test, [
    'NONE',
  ]);
  t.is(mergeConfig({}, RUN).healthcheck, undefined);
  t.deepEqual(mergeConfig({}, { ...RUN, healthcheck: { retries: 1 } }).healthcheck, { test: [], retries: 1 });
});
