// Configs of images from outside: what real ones hold is kept, what has the wrong type is refused by its name.
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { parseImageConfig } from '../../../src/oci/parse-image-config.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const SMALL = {
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [DIGEST] },
};

const parse = (value: unknown) => parseImageConfig(Buffer.from(JSON.stringify(value)), 'x');

test('what types.ts knows is kept as it is, unknown members too', (t) => {
  const full = {
    ...SMALL,
    created: '2026-01-02T03:04:05.678901234+02:00',
    author: 'a',
    variant: 'v8',
    config: {
      Env: ['A=b'],
      Cmd: ['x'],
      Labels: { a: 'b' },
      ExposedPorts: { '80/tcp': {} },
      Healthcheck: { Test: ['NONE'], Interval: 1e9 },
      OnBuild: ['RUN x'],
      Hostname: 'h',
    },
    history: [{ created: '0001-01-01T00:00:00Z', created_by: 'x', empty_layer: true }],
    docker_version: '20',
  };
  t.deepEqual(parse(full), full as never);
});

test('null is absence, as in Go; a platform that is not said is empty, its system Linux', (t) => {
  const config = { Env: null, Cmd: null, Labels: null, Volumes: null, Healthcheck: null, OnBuild: null };
  t.deepEqual(parse({ ...SMALL, config, created: null, history: null }), {
    ...SMALL,
    config: {},
    history: [],
  } as never);
  t.deepEqual(parse({}), {
    architecture: '',
    os: 'linux',
    history: [],
    rootfs: { type: 'layers', diff_ids: [] },
  });
});

for (const [member, value] of Object.entries({
  rootfs: [],
  'rootfs.diff_ids': { rootfs: { diff_ids: 'x' } },
  history: { history: 'x' },
  'config.Env': { config: { Env: 'A=b' } },
  'config.OnBuild': { config: { OnBuild: [1] } },
  'config.ExposedPorts': { config: { ExposedPorts: { '80/tcp': 1 } } },
  'config.Labels': { config: { Labels: { a: 1 } } },
  'config.Healthcheck': { config: { Healthcheck: { Retries: '3' } } },
  'history.created': { history: [{ created: 'yesterday' }] },
  'history.empty_layer': { history: [{ empty_layer: 'no' }] },
  created: { created: 5 },
  architecture: { architecture: {} },
})) {
  test(`a wrong ${member} is refused`, (t) => {
    const document = Array.isArray(value) ? { ...SMALL, [member]: value } : { ...SMALL, ...value };
    const error = t.throws(() => parse(document), { instanceOf: TsbuildError });
    t.is(error?.code, 'REGISTRY_PROTOCOL');
    t.is(error?.message, `x: the image config has a bad ${member}`);
  });
}

test('what is no document, and a diff id that is no digest', (t) => {
  for (const [text, message] of [
    ['{', /is not JSON$/],
    ['\xff', /is not JSON$/],
    ['null', /is not a JSON object$/],
    [JSON.stringify({ ...SMALL, rootfs: { diff_ids: ['../x'] } }), /is not a sha256 digest/],
  ] as const)
    t.throws(() => parseImageConfig(Buffer.from(text, 'latin1'), 'x'), { message }, text);
});
