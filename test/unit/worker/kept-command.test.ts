import test from 'ava';
import type { DiffId } from '../../../src/core/digest.js';
import { layersOf, parseCommand, textOfCommand, type KeptCommand } from '../../../src/worker/kept-command.js';

const layer = (name: string) => ({ diffId: name as DiffId, blob: name as DiffId, size: 1 });

const COMMAND: KeptCommand = {
  name: '[build 2/3] RUN make',
  failure: 'exit code: 2',
  layers: [layer('sha256:a')],
  steps: [{ name: '[build 2/3] RUN make', below: 1 }],
  process: {
    argv: ['make'],
    env: ['A=1'],
    cwd: '/w',
    uid: 1,
    gid: 2,
    groups: [],
    hostname: 'buildkitsandbox',
    isInsecure: false,
    mounts: [
      {
        type: 'bind',
        target: '/b',
        source: { layers: [layer('sha256:b')], subpath: '/' },
        isReadonly: true,
      },
      {
        type: 'cache',
        target: '/c',
        id: 'c',
        sharing: 'shared',
        isReadonly: false,
        mode: 0o755,
        uid: 0,
        gid: 0,
        seed: { layers: [layer('sha256:c')], subpath: '/' },
        isReset: false,
      },
      { type: 'tmpfs', target: '/t' },
    ],
    hosts: '',
    files: [{ path: '/dev/pipes/EOF', content: Buffer.from([0, 255, 10]), mode: 0o755 }],
    ulimits: [],
    shmSizeBytes: 1,
  },
  network: 'default',
  foreign: 'arm64',
  absent: ['the secret s'],
  sandbox: { isolation: 'auto', request: {} },
};

test('a command is the same after it was kept, bytes of its files too', (t) => {
  t.deepEqual(parseCommand(textOfCommand(COMMAND)), COMMAND);
});

test('what no version of this wrote, or only half of it, is no command', (t) => {
  const text = textOfCommand(COMMAND);
  for (const other of ['', 'null', '{}', text.slice(0, -2), text.replace('"version":1', '"version":2')])
    t.is(parseCommand(other), undefined, other);
});

test('the layers of a command are those of its mounts too', (t) => {
  t.deepEqual(
    layersOf(COMMAND).map(({ diffId }) => diffId),
    ['sha256:a', 'sha256:b', 'sha256:c'],
  );
});
