// Steps against what makes devices for them: the worker acts on paths that a step chooses and changes meanwhile, with
// rights that the step does not have, and on every rung but `userns-single` (recorded-owners.test.ts) it is reached by
// mknod(2) alone.
import test from 'ava';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { testNeeding } from '../support/requirements.js';
import { dir, file, symlink } from '../support/sandbox-rootfs.js';
import { openWorld, type World } from '../support/sandbox-world.js';

let opened: Promise<World> | undefined;
const world = (): Promise<World> =>
  (opened ??= openWorld({
    name: 'userns',
    open: (paths) => openWorkerSandbox({ rung: usernsRung, paths, signal: new AbortController().signal }),
  }));
test.after.always(async () => (await opened)?.close());

const needing = testNeeding('sandbox', 'busybox');

needing('a user without capabilities makes no device', async (t) => {
  const w = await world();
  const { stdout } = await w.run('cd /tmp; mknod null c 1 3 2>/dev/null || echo refused; ls', {
    uid: 1000,
    gid: 1000,
  });
  t.is(stdout, 'refused\n');
});

needing('no device is a deletion, neither in this layer nor in the next', async (t) => {
  const w = await world();
  const layers = await w.on([dir('kept'), file('kept/f', 'x')]);
  const { stdout, changes } = await w.run('cd /kept; rm f; mknod f c 0 0 2>/dev/null || echo refused', {
    layers,
  });
  t.is(stdout, 'refused\n');
  t.deepEqual(changes, ['node kept', 'whiteout kept/f']);
});

needing('no path leads a device out of the root of the step, whatever is flipped meanwhile', async (t) => {
  const w = await world();
  const out = mkdtempSync(join(tmpdir(), 'tsbuild-outside-'));
  const layers = await w.on([symlink('way-out', out), symlink('up', '../../../../..'), dir('in')]);
  const paths = [out, '/way-out', `/up${out}`, `/proc/1/root${out}`, `/proc/self/cwd/../..${out}`];
  const { exitCode } = await w.run(
    [
      `for p in ${paths.join(' ')}; do mknod $p/node c 1 3; done 2>/dev/null`,
      `(while :; do ln -sfn /in /l; ln -sfn ${out} /l; ln -sfn /proc/1/root${out} /l; done) & flipper=$!`,
      'i=0; while [ $i -lt 100 ]; do mknod /l/d$i c 1 3; i=$((i+1)); done 2>/dev/null',
      'kill $flipper; true',
    ].join('; '),
    { layers },
  );
  t.is(exitCode, 0);
  t.deepEqual(readdirSync(out), []);
});

needing('records planted in a layer are no devices', async (t) => {
  const w = await world();
  const xattrs = { 'user.tsbuild.device': 'b:8:0' } as never;
  const layers = await w.on([file('planted', '', { xattrs })]);
  const { entries } = await w.run('chmod 600 /planted', { layers });
  t.deepEqual(
    entries.map((entry) => entry.kind === 'node' && entry.node.type),
    ['file'],
  );
});
