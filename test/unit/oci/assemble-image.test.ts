import test from 'ava';
import type { DiffId } from '../../../src/core/digest.js';
import { assembleConfig, completeHistory } from '../../../src/oci/assemble-image.js';

const diffId = (n: number) => `sha256:${String(n).repeat(64)}` as DiffId;
const LINUX = { os: 'linux', architecture: 'amd64' };

test("rows without a time get the first new layer's, later ones the time of the row before", (t) => {
  const rows = completeHistory(
    [
      { created: 'base', created_by: 'b' },
      { created_by: 'ENV', empty_layer: true },
      { created_by: 'RUN' },
      { created_by: 'CMD', empty_layer: true },
    ],
    [{ diffId: diffId(1) }, { diffId: diffId(2), created: 'new' }],
  );
  t.deepEqual(
    rows.map((row) => row.created),
    ['base', 'new', 'new', 'new'],
  );
});

test("without a new layer the base's time is taken", (t) => {
  const rows = completeHistory(
    [
      { created: 'base', created_by: 'b' },
      { created_by: 'ENV', empty_layer: true },
    ],
    [{ diffId: diffId(1) }],
  );
  t.is(rows[1]?.created, 'base');
});

test('layers that the history does not speak of get a row, surplus rows become empty', (t) => {
  t.deepEqual(completeHistory([], [{ diffId: diffId(1), created: 'x' }]), [
    { created: 'x', comment: 'buildkit.exporter.image.v0' },
  ]);
  t.deepEqual(completeHistory([{ created_by: 'a' }], []), [{ created_by: 'a', empty_layer: true }]);
  const empty = completeHistory([{ created_by: 'a' }, { created_by: 'b' }], [{ diffId: diffId(1) }]);
  t.deepEqual(empty, [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }]);
});

test('empty members are left out of the config as Go leaves them out', (t) => {
  const config = assembleConfig({
    platform: LINUX,
    config: {
      Env: ['A=1'],
      Cmd: [],
      Entrypoint: null,
      Labels: {},
      User: '',
      WorkingDir: '/',
      Healthcheck: { Test: ['NONE'], Retries: 0 },
    },
    history: [],
    layers: [],
  });
  t.deepEqual(config.config, { Env: ['A=1'], WorkingDir: '/', Healthcheck: { Test: ['NONE'] } });
  t.deepEqual(config.rootfs, { type: 'layers', diff_ids: [] });
});

test('the time of the image is clamped to SOURCE_DATE_EPOCH', (t) => {
  const input = {
    platform: LINUX,
    config: {},
    layers: [{ diffId: diffId(1), created: '2024-05-05T00:00:00Z' }],
    history: [{ created_by: 'RUN' }],
  };
  t.is(assembleConfig(input).created, '2024-05-05T00:00:00Z');
  t.is(assembleConfig({ ...input, epoch: '2020-01-01T00:00:00Z' }).created, '2020-01-01T00:00:00Z');
});
