// What the rung `chroot` has of its own: weaker views, refusals, what it must put back, and what a step must not reach.
import test from 'ava';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chrootRung } from '../../src/worker/front/chroot-rung.js';
import type { MountSpec } from '../../src/worker/sandbox.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { testNeeding } from '../support/requirements.js';
import { addLayer, dir, file, probe, symlink } from '../support/sandbox-rootfs.js';
import { openWorld, type SandboxDriver, type World } from '../support/sandbox-world.js';
import { failureCode, lines } from './sandbox-suite-context.js';

const driver: SandboxDriver = {
  name: 'chroot',
  defaults: { network: 'host' },
  open: (paths) => openWorkerSandbox({ rung: chrootRung, paths, signal: new AbortController().signal }),
};

let opened: Promise<World> | undefined;
const world = (): Promise<World> => (opened ??= openWorld(driver));
test.after.always(async () => (await opened)?.close());

const needing = testNeeding('root', 'busybox');
const DENIED = '1';

const cache = (target: string, more: Partial<Extract<MountSpec, { type: 'cache' }>> = {}): MountSpec => ({
  type: 'cache',
  target,
  id: 'a cache',
  sharing: 'shared',
  isReadonly: false,
  mode: 0o755,
  uid: 0,
  gid: 0,
  isReset: false,
  ...more,
});

const secret = (target: string): MountSpec => ({
  type: 'secret',
  target,
  data: Buffer.from('hush'),
  mode: 0o440,
  uid: 7,
  gid: 8,
});

/** Nothing of a step lies in the store any more, but for what is kept for the next one. */
function leftOvers({ store }: World): string[] {
  const trees = join(store.paths.local, 'trees-plain');
  const work = readdirSync(trees).filter((name) => name.startsWith('tmp-'));
  return work.flatMap((name) => readdirSync(join(trees, name))).filter((name) => !name.startsWith('copy-'));
}

if (process.arch === 'x64')
  needing('chroot: calls that reach other processes and roots are denied', async (t) => {
    const calls = {
      ptrace: [101],
      process_vm_readv: [310],
      chroot: [161],
      kcmp: [312],
      pidfd_getfd: [438],
      open_by_handle_at: [304],
      mount: [165],
      unshare: [272],
      setns: [308],
      pivot_root: [155],
    };
    const w = await world();
    const probes = Object.values(calls).map(([number = 0], i) => probe(`probe/${i}`, number));
    const layers = await w.on([dir('probe'), ...probes]);
    const { stdout } = await w.run(`for i in $(seq 0 ${probes.length - 1}); do /probe/$i; echo $?; done`, {
      layers,
    });
    t.deepEqual(
      lines(stdout),
      probes.map(() => DENIED),
    );
  });

needing(
  'chroot: a device that a step makes opens nothing, and the root above the root is the root',
  async (t) => {
    const w = await world();
    const { stdout } = await w.run(
      'mknod /tmp/disk b 8 0; mknod /tmp/zero c 1 5; head -c 1 /tmp/disk | wc -c; head -c 1 /tmp/zero | wc -c; ls -di / /.. | tr -s " " | sed "s/^ //" | cut -d" " -f1 | uniq | wc -l',
    );
    t.deepEqual(lines(stdout), ['0', '0', '1']);
  },
);

needing('chroot: no process of the parents can be read', async (t) => {
  process.env['TSBUILD_TEST_CANARY'] = 'planted-canary';
  const w = await world();
  const { stdout } = await w.run(
    'cat /proc/self/environ /proc/*/environ 2>/dev/null; ls /proc | grep -c "^[0-9]"; ls -A /sys',
  );
  t.is(stdout, '0\n');
});

needing('chroot: /dev has the harmless devices, and standard output and error by their names', async (t) => {
  const w = await world();
  const { stdout, stderr, changes } = await w.run(
    'find /dev -type c | sort; head -c 3 /dev/zero | wc -c; cat /dev/stdin; echo out > /dev/stdout; echo err > /dev/stderr; stat -c %a /dev/shm',
    { uid: 1000 },
  );
  const devices = ['full', 'null', 'random', 'tty', 'urandom', 'zero'].map((name) => `/dev/${name}`);
  t.deepEqual(lines(stdout).toSorted(), [...devices, '3', '1777', 'out'].toSorted());
  t.is(stderr, 'err\n');
  t.deepEqual(changes, []);
});

needing('chroot: limits, umask, resolv.conf and hosts', async (t) => {
  const w = await world();
  const { stdout, changes } = await w.run('ulimit -n; ulimit -Hn; umask; cat /etc/resolv.conf /etc/hosts', {
    ulimits: [{ name: 'nofile', soft: 100, hard: 200 }],
  });
  t.deepEqual(lines(stdout), [
    '100',
    '200',
    '0022',
    'nameserver 192.0.2.1',
    '127.0.0.1 localhost buildkitsandbox',
  ]);
  t.deepEqual(changes, []);
});

const REFUSED = {
  '--network none': { network: 'none' },
  'a network of its own': { network: 'private' },
  '--security=insecure': { isInsecure: true },
  '--shm-size': { shmSizeBytes: 1 << 20 },
  'the hostname other': { hostname: 'other' },
  'a tmpfs with size=': { mounts: [{ type: 'tmpfs', target: '/t', sizeBytes: 4096 }] },
  'a read-only cache mount': { mounts: [cache('/c', { isReadonly: true })] },
} as const;

for (const [what, overrides] of Object.entries(REFUSED))
  needing(`chroot: ${what} is refused by name`, async (t) => {
    const w = await world();
    t.deepEqual(await failureCode(w.run('true', overrides)), {
      code: 'SANDBOX_UNSUPPORTED',
      message: `isolation chroot cannot give a process ${what}`,
    });
  });

needing(
  'chroot: what a step leaves running is ended, also by another user and in another session',
  async (t) => {
    const w = await world();
    const marker = '27182818';
    const started = `setsid sleep ${marker} & (sleep ${marker} &) ; su nobody -s /bin/sh -c "sleep ${marker} &"; sleep 0.2`;
    await w.run(started);
    t.deepEqual(processesWith(`sleep ${marker}`), []);
  },
);

/** Ids of the processes whose command line has the text, arguments apart by blanks. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(text));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // It ended while the list was read.
    return '';
  }
}

needing('chroot: secrets have their mode and owner, and are gone wherever the step moved them', async (t) => {
  const w = await world();
  const mounts = [secret('/run/secrets/token'), secret('/etc/passwd')];
  const { stdout, changes } = await w.run(
    'cat /run/secrets/token; stat -c " %a %u %g" /run/secrets/token; cat /etc/passwd; mv /run/secrets/token /kept; mv /etc/passwd /etc/also',
    { mounts },
  );
  t.is(stdout, 'hush 440 7 8\nhush');
  t.deepEqual(changes, []);
  t.regex((await w.run('cat /etc/passwd')).stdout, /^root:/);
  t.deepEqual(leftOvers(w), []);
});

needing('chroot: binds show what they should, and writes to them are thrown away', async (t) => {
  const w = await world();
  const source = await addLayer(w.store, [dir('src'), file('src/a', 'A'), symlink('abs', '/src')]);
  const bind = (target: string, subpath: string): MountSpec => ({
    type: 'bind',
    target,
    source: { layers: [source], subpath },
    isReadonly: false,
  });
  const mounts = [bind('/b', '/abs'), bind('/one', '/src/a'), bind('/b/etc', '/')];
  const { stdout, changes } = await w.run('cat /b/a /one; ls /b/etc; echo new > /b/a; cat /b/a', { mounts });
  t.deepEqual(lines(stdout), ['AAabs', 'src', 'new']);
  t.deepEqual(changes, []);
  t.is((await w.run('cat /b/a', { mounts })).stdout, 'A');
});

needing('chroot: a cache comes back from wherever the step moved it, and a deleted one is new', async (t) => {
  const w = await world();
  const mounts = [cache('/cache')];
  const twice = [...mounts, cache('/again')];
  t.is((await w.run('echo 1 > /cache/a; cat /again/a', { mounts: twice })).stdout, '1\n');
  const failed = await w.run('mkdir /d; mv /cache /d/moved; ls -d /cache', { mounts });
  t.is(failed.exitCode, 1);
  const second = await w.run('cat /cache/a; mkdir /d; mv /cache /d/moved', { mounts });
  t.deepEqual([second.stdout, second.changes], ['1\n', ['node d']]);
  t.is((await w.run('cat /cache/a; rm -r /cache', { mounts })).stdout, '1\n');
  t.is((await w.run('ls /cache', { mounts })).stdout, '');
});

needing('chroot: caches wait for each other', async (t) => {
  const w = await world();
  const command = 'test -e /cache/busy && echo clash; touch /cache/busy; sleep 0.3; rm /cache/busy';
  const both = await Promise.all(
    [1, 2].map(() => w.run(command, { mounts: [cache('/cache', { id: 'waits' })] })),
  );
  t.deepEqual(
    both.map(({ stdout }) => stdout),
    ['', ''],
  );
});

needing('chroot: a chain of steps sees what each left, and layers of other steps between them', async (t) => {
  const w = await world();
  const first = await w.run(
    'echo 1 > /one; mkdir /d; touch /d/x; chown 5:6 /d; nc -lU /d/socket & sleep 0.1; touch -d @1000 /var',
  );
  t.deepEqual(first.changes, ['node d', 'node d/x', 'node one']);
  const between = await addLayer(w.store, [
    file('one', 'replaced'),
    file('two', '2'),
    { kind: 'whiteout', path: 'd/x' as never },
  ]);
  const layers = [w.base, first.layer!, between];
  const second = await w.run('cat /one /two; echo; ls -A /d; stat -c %u:%g /d; rm /two', { layers });
  t.deepEqual(lines(second.stdout), ['replaced2', '5:6']);
  t.deepEqual(second.changes, ['whiteout two']);
  const third = await w.run('ls -A /d; ls /two', { layers: [...layers, second.layer!] });
  t.is(third.stdout, '');
  t.is(third.exitCode, 1);
});

needing(
  'chroot: an interrupted step leaves no process, and its cache is there for the next one',
  async (t) => {
    const w = await world();
    const abort = new AbortController();
    const mounts = [cache('/cache', { id: 'interrupted' })];
    const running = w.run('echo kept > /cache/a; sleep 31415926 & echo up; wait', {
      mounts,
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    t.is((await failureCode(running)).code, 'ABORTED');
    t.is((await w.run('cat /cache/a', { mounts })).stdout, 'kept\n');
    t.deepEqual(processesWith('sleep 31415926'), []);
  },
);

needing('chroot: when the worker ends during a step, caches come back and no process stays', async (t) => {
  const w = await openWorld(driver);
  const mounts = [cache('/cache', { id: 'ended' })];
  let ended: Promise<void> | undefined;
  const running = w.run('echo kept > /cache/a; sleep 16180339 & echo up; wait', {
    mounts,
    onOutput: () => (ended ??= w.sandbox.dispose()),
  });
  t.is((await failureCode(running)).code, 'SANDBOX_FAILED');
  await ended;
  t.deepEqual(processesWith('sleep 16180339'), []);
  const again = await openWorld(driver, w.store);
  t.is((await again.run('cat /cache/a', { mounts })).stdout, 'kept\n');
  t.deepEqual(leftOvers(again), []);
  await again.close();
  t.false(existsSync(w.store.paths.root));
});

needing(
  'chroot: after kill -9 of the worker the command ends, and the next worker clears the store',
  async (t) => {
    const w = await openWorld(driver);
    const marker = '14142135';
    const killWorker = (): void => {
      const command = processesWith(`sleep ${marker} & echo up; wait`)[0] ?? 'none';
      const worker = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${command}/status`, 'utf8'))?.[1];
      process.kill(Number(worker), 'SIGKILL');
    };
    const running = w.run(`(setsid sleep ${marker} &); sleep ${marker} & echo up; wait`, {
      onOutput: killWorker,
    });
    t.is((await failureCode(running)).code, 'SANDBOX_FAILED');
    const again = await openWorld(driver, w.store);
    t.is((await again.run('echo fine')).stdout, 'fine\n');
    t.deepEqual(leftOvers(again), []);
    t.deepEqual(processesWith(marker), []);
    await again.close();
  },
);
