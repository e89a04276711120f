// The contents of cache mounts as layers: what one machine has is what another gets, owners and all.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, toUtf8 } from '../../src/core/bytes.js';
import { cacheMountName } from '../../src/store/cache-mount-name.js';
import type { StoredLayer } from '../../src/store/stored-layer.js';
import type { MountSpec } from '../../src/worker/sandbox.js';
import { addLayer, dir, file } from '../support/sandbox-rootfs.js';
import type { World } from '../support/sandbox-world.js';
import { failureCode, lines, type SuiteContext } from './sandbox-suite-context.js';

const never = new AbortController().signal;
const MANY = 1 << 30;

type Sharing = 'shared' | 'private' | 'locked';

function cache(id: string, sharing: Sharing = 'shared', more = {}): MountSpec {
  const owner = { mode: 0o755, uid: 0, gid: 0 };
  return {
    type: 'cache',
    target: '/cache',
    id,
    sharing,
    isReadonly: false,
    ...owner,
    isReset: false,
    ...more,
  };
}

/** The layer of a mount that has content. */
async function saved({ sandbox }: World, id: string): Promise<StoredLayer> {
  const result = await sandbox.caches.save(id, MANY, never);
  if (result.kind !== 'layer') throw new Error(`the mount ${id} is ${result.kind}`);
  return result.layer;
}

const asRoot = { mode: 0o755, uid: 0, gid: 0 };

/** Folders of mounts by rung. */
const MOUNTS: Readonly<Record<string, string>> = {
  'userns-single': 'mounts-recorded',
  chroot: 'mounts-plain',
};

const FILL = [
  'mkdir -p d/empty && echo one > d/one && ln d/one d/two && ln -s ../x d/link && mkfifo p',
  'chmod 751 d && chmod 4711 d/one && chown 5:6 d && chown 7:8 d/one && chown -h 9:9 d/link && chown 3:4 . && chmod 700 .',
  'touch -d @1600000000 d/one',
].join(' && ');

const LOOK =
  'cd /cache && stat -c "%n %a %u %g %F %h" . d d/empty d/one d/two d/link p && stat -c %Y d/one && cat d/two && readlink d/link && ls -a d';

export function cacheRows({ check }: SuiteContext): void {
  check('cache mounts: what is saved of one is what a restored one has', async (t, w) => {
    const first = await w.run(`cd /cache && ${FILL} && ${LOOK}`, { mounts: [cache('from')] });
    t.is(first.exitCode, 0, first.stderr);
    t.true(await w.sandbox.caches.isThere('from'));
    const layer = await saved(w, 'from');
    t.deepEqual(await saved(w, 'from'), layer);
    t.false(await w.sandbox.caches.isThere('to'));
    await w.sandbox.caches.restore({ id: 'to', ...asRoot }, layer, never);
    t.true(await w.sandbox.caches.isThere('to'));
    const second = await w.run(LOOK, { mounts: [cache('to')] });
    t.is(second.stdout, first.stdout);
    t.deepEqual(await saved(w, 'to'), layer);
  });

  check(
    'cache mounts: the layer has owners of containers, sorted names and the times of files',
    async (t, w) => {
      await w.run('echo b > /cache/b; echo a > /cache/a; chown 5:6 /cache/b; touch -d @1600000000 /cache/?', {
        mounts: [cache('entries')],
      });
      const { diffId } = await saved(w, 'entries');
      const entries = w.store.readIndex(diffId).map((entry) => {
        if (entry.kind !== 'node') return entry.kind;
        const { uid, gid, mtime } = entry.node;
        return `${toUtf8(entry.path)} ${uid} ${gid} ${mtime}`;
      });
      t.deepEqual(entries, [' 0 0 315532800', 'a 0 0 1600000000', 'b 5 6 1600000000']);
    },
  );

  check('cache mounts: files of the moment make no other layer', async (t, w) => {
    const mounts = [cache('moment')];
    await w.run('mkdir /cache/d; echo x > /cache/d/x', { mounts });
    const layer = await saved(w, 'moment');
    await w.run('sleep 0.1; > /cache/d/lock; rm /cache/d/lock', { mounts });
    t.deepEqual(await saved(w, 'moment'), layer);
    await w.run('echo y > /cache/d/x', { mounts });
    t.not((await saved(w, 'moment')).diffId, layer.diffId);
  });

  check('cache mounts: one that nobody had, and one that is too large, are said to be so', async (t, w) => {
    t.deepEqual(await w.sandbox.caches.save('nobody', MANY, never), { kind: 'absent' });
    await w.run('head -c 5000 /dev/zero > /cache/x', { mounts: [cache('large')] });
    t.deepEqual(await w.sandbox.caches.save('large', 4999, never), { kind: 'too-large' });
    t.is((await w.sandbox.caches.save('large', 5000, never)).kind, 'layer');
  });

  check('cache mounts: one that a process uses is not saved', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never);
    const { process, said } = await w.start(rootfs, 'echo in; sleep 100', { mounts: [cache('used')] });
    await said('in');
    t.deepEqual(await w.sandbox.caches.save('used', MANY, never), { kind: 'in-use' });
    process.kill('SIGKILL');
    await process.wait();
    await rootfs.close();
    t.is((await w.sandbox.caches.save('used', MANY, never)).kind, 'layer');
  });

  check(
    'cache mounts: a restored one wins over its first content, and over nothing that is there',
    async (t, w) => {
      const layer = await addLayer(w.store, [file('restored', 'r', { uid: 5, gid: 6 })]);
      const seed = { layers: [await addLayer(w.store, [dir('s'), file('s/seeded', 's')])], subpath: 's' };
      const mount = { id: 'seeded', mode: 0o711, uid: 3, gid: 4 };
      await w.sandbox.caches.restore(mount, layer, never);
      const mounts = [cache('seeded', 'private', { seed, mode: 0o711, uid: 3, gid: 4 })];
      const { stdout } = await w.run('ls /cache; stat -c "%a %u %g" /cache /cache/restored', { mounts });
      t.deepEqual(lines(stdout), ['restored', '711 3 4', '644 5 6']);
      await w.sandbox.caches.restore(mount, await addLayer(w.store, [file('late', '')]), never);
      t.is((await w.run('ls /cache', { mounts })).stdout, 'restored\n');
    },
  );

  check('cache mounts: names that layers cannot say are left out', async (t, w) => {
    await w.run('cd /cache; echo x > .wh.x; ln .wh.x y; mkdir .wh.d; > .wh.d/in; > plain', {
      mounts: [cache('whiteouts')],
    });
    const { diffId } = await saved(w, 'whiteouts');
    t.deepEqual(
      w.store.readIndex(diffId).map(({ path }) => toUtf8(path)),
      ['', 'plain'],
    );
  });

  check('cache mounts: a layer that cannot be a mount leaves none', async (t, w) => {
    const layers = {
      LAYER_UNSAFE: await addLayer(w.store, [file('x', 'x'), { kind: 'whiteout', path: fromUtf8('y') }]),
      STORE_CORRUPT: { ...(await addLayer(w.store, [file('x', '1')])), blob: w.base.blob },
    };
    for (const [code, layer] of Object.entries(layers)) {
      const failure = await failureCode(w.sandbox.caches.restore({ id: 'bad', ...asRoot }, layer, never));
      t.is(failure.code as string, code, failure.message);
      t.false(await w.sandbox.caches.isThere('bad'));
    }
    const folder = join(w.store.paths.local, MOUNTS[w.sandbox.rung] ?? 'mounts', cacheMountName('bad'));
    t.deepEqual(
      readdirSync(folder).filter((name) => name !== '0.lock' && name !== 'id'),
      [],
    );
  });
}
