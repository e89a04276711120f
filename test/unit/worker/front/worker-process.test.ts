// Workers that do not answer, and that do not end: shell scripts in the place of the worker.
import test from 'ava';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TsbuildError } from '../../../../src/core/errors.js';
import type { Rung } from '../../../../src/worker/front/rung.js';
import { workerEnd } from '../../../../src/worker/front/unshare.js';
import { startWorker } from '../../../../src/worker/front/worker-process.js';
import { encodeFrame } from '../../../../src/core/frames.js';

/** The shell gets the worker's program as arguments, which it leaves alone. */
function rungOf(script: string): Rung {
  return {
    name: 'userns',
    description: '',
    isCleanedByKernel: true,
    command: () => ['/bin/sh', '-c', script],
    prepare: async () => {},
    explain: workerEnd,
  };
}

const start = (script: string, silence: number) =>
  startWorker(rungOf(script), {
    entryPoints: { worker: '/nonexistent', supervisor: '/nonexistent' },
    storeRoot: mkdtempSync(join(tmpdir(), 'tsbuild-worker-')),
    settings: {},
    signal: new AbortController().signal,
    limits: { silence, end: 1000 },
  });

const say = (message: object): string =>
  `printf '${[...encodeFrame(message)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}' >&3`;

test('a worker that says nothing is given up', async (t) => {
  const error = await t.throwsAsync(start('exec sleep 1000', 200), { instanceOf: TsbuildError });
  t.is(error?.code, 'SANDBOX_FAILED');
  t.regex(error?.message ?? '', /no answer within 0.2 seconds/);
});

test('so is one that says hello and no more', async (t) => {
  const script = `${say({ kind: 'hello' })}; exec sleep 1000`;
  const error = await t.throwsAsync(start(script, 1000), { instanceOf: TsbuildError });
  t.regex(error?.message ?? '', /no answer/);
});

test('a worker that does not end with its channel is killed', async (t) => {
  const answering = 'head -c 1 <&3 >/dev/null';
  const words = [say({ kind: 'hello' }), answering, say({ kind: 'ready', words: {} })].join('; ');
  const worker = await start(`${words}; exec sleep 1000`, 10_000);
  let reason: TsbuildError | undefined;
  worker.onExit((error) => (reason = error));
  await worker.stop();
  t.regex(reason?.message ?? '', /SIGKILL/);
});
