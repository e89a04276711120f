// What can be asked of an open rootfs and of a process in it: input, signals, several processes, a snapshot, its end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hexOf } from '../../src/core/digest.js';
import type { MountSpec } from '../../src/worker/sandbox.js';
import { file } from '../support/sandbox-rootfs.js';
import { openWorld, type World } from '../support/sandbox-world.js';
import { failureCode, lines, TREES, type SuiteContext } from './sandbox-suite-context.js';

const never = (): AbortSignal => new AbortController().signal;
const MEBIBYTE = 1 << 20;

export function rootfsRows({ check, driver }: SuiteContext): void {
  check('what is written to the standard input is read, up to its end', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const cat = await w.start(rootfs, 'cat; echo over', { stdin: 'stream' });
    t.true(await cat.process.write(Buffer.from('one\n')));
    await cat.said('one');
    t.true(await cat.process.write(Buffer.from('two\n')));
    cat.process.endInput();
    t.is((await cat.process.wait()).exitCode, 0);
    t.is(cat.output(), 'one\ntwo\nover\n');
    t.false(await cat.process.write(Buffer.from('three\n')));
    await rootfs.close();
  });

  check('a user may open a streamed standard input by its descriptor', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const cat = await w.start(rootfs, 'cat /proc/self/fd/0', { stdin: 'stream', uid: 1000 });
    await cat.process.write(Buffer.from('one\n'));
    cat.process.endInput();
    t.is((await cat.process.wait()).exitCode, 0);
    t.is(cat.output(), 'one\n');
    await rootfs.close();
  });

  check('a process that does not read holds back whoever writes', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const command = 'trap "cat | wc -c; exit" USR1; echo up; while :; do sleep 0.02; done';
    const slow = await w.start(rootfs, command, { stdin: 'stream' });
    await slow.said('up');
    const written = slow.process.write(Buffer.alloc(MEBIBYTE));
    t.is(await Promise.race([written, sleep(200, 'held back')]), 'held back');
    slow.process.kill('SIGUSR1');
    t.true(await written);
    slow.process.endInput();
    await slow.process.wait();
    t.deepEqual(lines(slow.output()), ['up', String(MEBIBYTE)]);
    await rootfs.close();
  });

  check('signals reach a process that has a handler, and SIGKILL any', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const handling = await w.start(
      rootfs,
      'trap "echo caught; exit 3" TERM; echo up; while :; do sleep 0.02; done',
    );
    await handling.said('up');
    handling.process.kill('SIGTERM');
    t.is((await handling.process.wait()).exitCode, 3);
    t.regex(handling.output(), /caught/);
    // It has ended: nothing happens.
    handling.process.kill('SIGTERM');
    const other = await w.start(rootfs, 'echo up; exec sleep 1000');
    await other.said('up');
    other.process.kill('SIGKILL');
    t.is((await other.process.wait()).exitCode, 137);
    await rootfs.close();
  });

  check('process 1 of a pid namespace is not ended by a signal that it has no handler for', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const sleeping = await w.start(rootfs, 'echo up; exec sleep 0.5');
    await sleeping.said('up');
    sleeping.process.kill('SIGTERM');
    t.is((await sleeping.process.wait()).exitCode, 0);
    await rootfs.close();
  });

  check('processes after each other see what each left, and one snapshot has all of it', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const exits: number[] = [];
    const mounts: MountSpec[] = [
      { type: 'secret', target: '/run/secrets/s', data: Buffer.from('s'), mode: 0o400, uid: 0, gid: 0 },
    ];
    const outputs: string[] = [];
    for (const [command, options] of [
      ['echo 1 > /one; cat /run/secrets/s', { mounts }],
      ['cat /one; ls /run; echo 2 > /two; exit 5', {}],
      ['cat /two; rm /one; mkdir /var/three', { cwd: '/made' }],
    ] as const) {
      const { process, output } = await w.start(rootfs, command, options);
      exits.push((await process.wait()).exitCode);
      outputs.push(output());
    }
    t.deepEqual(exits, [0, 5, 0]);
    t.is(outputs[0], 's');
    t.regex(outputs[1] ?? '', /^1\n/);
    t.is(outputs[2], '2\n');
    const layer = await rootfs.snapshot({ areContentsHashed: true, signal: never() });
    const entries = w.store.readIndex(layer.diffId).map(({ kind, path }) => `${kind} ${path}`);
    t.deepEqual(entries, ['node made', 'node two', 'node var', 'node var/three']);
    t.is((await failureCode(rootfs.snapshot({ areContentsHashed: true, signal: never() }))).code, 'INTERNAL');
    await rootfs.close();
  });

  check('a second process at the same time is refused', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const first = await w.start(rootfs, 'echo up; exec sleep 1000');
    await first.said('up');
    t.is((await failureCode(w.start(rootfs, 'true'))).code, 'INTERNAL');
    t.is(
      (await failureCode(rootfs.snapshot({ areContentsHashed: false, signal: never() }))).code,
      'INTERNAL',
    );
    first.process.kill('SIGKILL');
    t.is((await first.process.wait()).exitCode, 137);
    await rootfs.close();
  });

  check('a rootfs whose process could not be started has another chance', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    t.is(
      (await failureCode(w.start(rootfs, ['no-such-command']).then(({ process }) => process.wait()))).code,
      'STEP_NOT_FOUND',
    );
    await rootfs.close();
  });

  check('what is closed ends at once and leaves nothing', async (t) => {
    const w = await openWorld(driver);
    try {
      const rootfs = await w.sandbox.openRootfs([w.base], never());
      const { process, said } = await w.start(
        rootfs,
        'echo x > /x; (sleep 1000 &); echo up; exec sleep 1000',
      );
      await said('up');
      await Promise.all([rootfs.close(), rootfs.close()]);
      t.is((await failureCode(process.wait())).code, 'ABORTED');
      await w.sandbox.settle();
      t.deepEqual(leftOvers(w), []);
      const unused = await w.sandbox.openRootfs([w.base], never());
      await unused.close();
      t.deepEqual(leftOvers(w), []);
    } finally {
      await w.close();
    }
  });

  check('opening can be interrupted: whatever is asked of the rootfs says so', async (t, w) => {
    const abort = new AbortController();
    const layers = await w.on([file('interrupted', 'x')]);
    const path = join(treesOf(w), `.lock-${hexOf(layers[1]!.diffId)}`);
    writeFileSync(path, '');
    const holder = spawn('flock', ['-F', '-x', path, 'sh', '-c', 'echo held; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const rootfs = await w.sandbox.openRootfs(layers, abort.signal);
    const starting = failureCode(w.start(rootfs, 'true'));
    abort.abort();
    t.is((await starting).code, 'ABORTED');
    holder.kill('SIGKILL');
    await rootfs.close();
    t.is((await failureCode(w.sandbox.openRootfs(layers, abort.signal))).code, 'ABORTED');
  });

  check('a start can be interrupted, also while it waits for a cache', async (t, w) => {
    const mounts: MountSpec[] = [
      {
        type: 'cache',
        target: '/cache',
        id: 'held',
        sharing: 'locked',
        isReadonly: false,
        mode: 0o755,
        uid: 0,
        gid: 0,
        isReset: false,
      },
    ];
    const [one, two] = [
      await w.sandbox.openRootfs([w.base], never()),
      await w.sandbox.openRootfs([w.base], never()),
    ];
    const holding = await w.start(one, 'echo up; exec sleep 1000', { mounts });
    await holding.said('up');
    const abort = new AbortController();
    const starting = failureCode(w.start(two, 'true', { mounts, signal: abort.signal }));
    setTimeout(() => abort.abort(), 50);
    t.is((await starting).code, 'ABORTED');
    await Promise.all([one.close(), two.close()]);
  });

  check('a snapshot can be interrupted', async (t, w) => {
    const rootfs = await w.sandbox.openRootfs([w.base], never());
    const { process } = await w.start(rootfs, 'head -c 50000000 /dev/zero > /large');
    t.is((await process.wait()).exitCode, 0);
    const abort = new AbortController();
    const taking = failureCode(rootfs.snapshot({ areContentsHashed: false, signal: abort.signal }));
    abort.abort();
    t.is((await taking).code, 'ABORTED');
    await rootfs.close();
  });
}

function treesOf({ store, sandbox }: World): string {
  return join(store.paths.local, TREES[sandbox.rung] ?? 'trees');
}

/** In work directories, but for the copies that are kept for later. */
function leftOvers(w: World): string[] {
  const trees = treesOf(w);
  const work = readdirSync(trees).filter((name) => name.startsWith('tmp-'));
  return work.flatMap((name) => readdirSync(join(trees, name))).filter((name) => !name.startsWith('copy-'));
}
