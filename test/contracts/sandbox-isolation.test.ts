// What a step must not be able to do, and what must be left when something is killed.
import test from 'ava';
import { readdirSync, readFileSync } from 'node:fs';
import { usernsRung } from '../../src/worker/front/userns-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { TsbuildError } from '../../src/core/errors.js';
import { testNeeding } from '../support/requirements.js';
import { dir, probe } from '../support/sandbox-rootfs.js';
import { openWorld, type SandboxDriver, type World } from '../support/sandbox-world.js';

const driver: SandboxDriver = {
  name: 'userns',
  open: (paths) => openWorkerSandbox({ rung: usernsRung, paths, signal: new AbortController().signal }),
};

let opened: Promise<World> | undefined;
const world = (): Promise<World> => (opened ??= openWorld(driver));
test.after.always(async () => (await opened)?.close());

const needing = testNeeding('sandbox', 'busybox');
const EPERM = '1';
const CLONE_NEWUSER = 0x10000000;

/** Numbers of x86-64 and what the call is given. */
const DENIED_CALLS: Readonly<Record<string, readonly number[]>> = {
  mount: [165],
  umount2: [166],
  pivot_root: [155],
  unshare: [272, CLONE_NEWUSER],
  clone: [56, CLONE_NEWUSER],
  setns: [308],
  keyctl: [250],
  add_key: [248],
  request_key: [249],
  bpf: [321],
  userfaultfd: [323],
  perf_event_open: [298],
  open_by_handle_at: [304],
  init_module: [175],
  kexec_load: [246],
  reboot: [169],
  swapon: [167],
  settimeofday: [164],
  'socket(AF_VSOCK)': [41, 40, 1],
  'socket(AF_ALG)': [41, 38, 5],
  'personality(ADDR_NO_RANDOMIZE)': [135, 0x40000],
  fsopen: [430],
  open_tree: [428],
  move_mount: [429],
  io_uring_setup: [425],
};

if (process.arch === 'x64') {
  needing('system calls that lead out of a sandbox fail with EPERM, clone3 with ENOSYS', async (t) => {
    const w = await world();
    const calls = { ...DENIED_CALLS, clone3: [435] };
    const names = Object.keys(calls);
    const layers = await w.on([
      dir('probe'),
      ...Object.values(calls).map(([number = 0, ...args], i) => probe(`probe/${i}`, number, {}, ...args)),
    ]);
    const { stdout } = await w.run(`for i in $(seq 0 ${names.length - 1}); do /probe/$i; echo $?; done`, {
      layers,
    });
    const outcome = Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((status, i) => [names[i] ?? '', status]),
    );
    t.deepEqual(outcome, Object.fromEntries(names.map((name) => [name, name === 'clone3' ? '38' : EPERM])));
  });

  needing('--security=insecure lifts the filter', async (t) => {
    const w = await world();
    const layers = await w.on([dir('probe'), probe('probe/unshare', 272, {}, 0x04000000)]);
    const { stdout } = await w.run(
      '/probe/unshare; echo $?; grep -E "^(Seccomp|CapEff):" /proc/self/status',
      { layers, isInsecure: true },
    );
    t.regex(stdout, /^0\nCapEff:\t00000[0-9a-f]ffffffffff\nSeccomp:\t0\n$/);
  });
}

needing(
  'a step cannot mount, make devices, write to the kernel, or see processes that are not its own',
  async (t) => {
    const w = await world();
    const attempts = [
      'mount -t tmpfs none /tmp',
      'mount -o remount,rw /sys',
      'umount /proc/sys',
      'umount /etc/hosts',
      'mknod /tmp/disk b 8 0 && head -c1 /tmp/disk | grep -q .',
      'mknod /tmp/mem c 1 1 && head -c1 /tmp/mem | grep -q .',
      'echo x > /proc/sys/kernel/core_pattern',
      'echo 1 > /proc/sys/vm/drop_caches',
      'echo b > /proc/sysrq-trigger',
      'echo 1 > /sys/kernel/profiling',
      'mkdir /sys/fs/cgroup/own',
      'unshare -r true',
      'unshare -m true',
      'nsenter -t 1 -m true',
      'dmesg',
      'hostname other',
      'swapoff -a',
      'ip link add dummy0 type dummy',
      'cat /proc/kcore',
      'chroot / /bin/sh -c "exec 3< /; mount -t proc p /proc"',
    ];
    const { stdout } = await w.run(
      attempts.map((attempt, i) => `(${attempt}) >/dev/null 2>&1 && echo "${i} succeeded"`).join('; ') +
        '; ls /proc | grep -c "^[0-9]"',
    );
    const [processes, ...succeeded] = stdout.trim().split('\n').toReversed();
    t.deepEqual(
      succeeded.map((line) => attempts[Number.parseInt(line)]),
      [],
    );
    t.true(Number(processes) <= 4, `${processes} processes are visible`);
  },
);

needing('nothing of the parents can be read: environment, descriptors, directories', async (t) => {
  process.env['TSBUILD_TEST_CANARY'] = 'planted-canary';
  const w = await world();
  const { stdout } = await w.run(
    'cat /proc/*/environ | tr "\\0" "\\n"; for p in /proc/[0-9]*; do readlink $p/cwd; readlink $p/root; ls -l $p/fd; done',
    { env: ['PATH=/bin'] },
  );
  t.notRegex(stdout, /canary/);
  t.deepEqual([...new Set(stdout.split('\n').filter((line) => line.startsWith('/')))], ['/']);
});

needing('a chroot inside a step does not leave its rootfs', async (t) => {
  const w = await world();
  const { stdout } = await w.run(
    'mkdir -p /jail/bin; cp /bin/busybox /jail/bin/sh; cd /; chroot /jail /bin/sh -c "cd ../../../../..; ls" ; ls -di / | cut -d" " -f1; ls -di /.. | tr -s " " | cut -d" " -f1',
  );
  const [inside, ...roots] = stdout.trim().split('\n');
  t.is(inside, 'bin');
  t.is(roots[0], roots[1]);
});

/** Ids of the processes of this machine whose command line has the text. */
function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => commandLine(pid).includes(text))
    .map(Number);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It ended while the list was read.
    return '';
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

async function untilNone(text: string): Promise<number[]> {
  for (let i = 0; i < 200 && processesWith(text).length > 0; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return processesWith(text);
}

/** The chain above the command: the worker, and the unshare of the worker. */
const VICTIMS = { command: 0, worker: 1, 'unshare of the worker': 2 };

for (const [victim, level] of Object.entries(VICTIMS)) {
  needing(`kill -9 of the ${victim} leaves no process, no mount and a store that works`, async (t) => {
    const w = await openWorld(driver);
    const marker = `${31_415_000 + level}`;
    const running = w.run(`sleep ${marker} & echo up; wait`, { onOutput: () => killAbove(marker, level) });
    const outcome = await running.then(
      ({ exitCode }) => exitCode,
      (error: unknown) => (error instanceof TsbuildError ? error.code : error),
    );
    t.is(outcome, level === 0 ? 137 : 'SANDBOX_FAILED');
    t.deepEqual(await untilNone(marker), []);
    t.false(readFileSync('/proc/self/mounts', 'utf8').includes(w.store.paths.root));
    if (level > 0) await w.sandbox.dispose();
    const again = await openWorld(driver, w.store);
    t.is((await again.run('echo fine')).stdout, 'fine\n');
    t.deepEqual(
      readdirSync(w.store.paths.trees).filter((name) => name.startsWith('tmp-')),
      [],
    );
    await w.sandbox.dispose();
    await again.close();
  });
}

function killAbove(marker: string, level: number): void {
  let pid = processesWith(marker).find((candidate) => commandLine(String(candidate)).startsWith('/bin/sh'));
  for (let i = 0; i < level && pid !== undefined; i++) pid = parentOf(pid);
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}
