// What a shell can try: each command must fail, or print nothing of what it looks for.
import type { InsideAttack } from '../../support/inside-run.js';
import { hostFile } from '../../support/sandbox-rootfs.js';

type NotOn = InsideAttack['notOn'];

/** The command must not succeed. It tries nothing that would harm the machine where it is allowed. */
function fails(ids: string, command: string, notOn?: NotOn): InsideAttack {
  return {
    ids,
    title: command,
    ...(notOn && { notOn }),
    async attempt(t, { run }) {
      const { stdout } = await run(`(${command}) >/dev/null 2>&1 && echo succeeded || echo failed`);
      t.is(stdout, 'failed\n');
    },
  };
}

/** The command may end either way and prints nothing that the pattern finds. */
function neverPrints(
  ids: string,
  title: string,
  { command, pattern, notOn }: { command: string; pattern: RegExp; notOn?: NotOn },
): InsideAttack {
  return {
    ids,
    title,
    ...(notOn && { notOn }),
    async attempt(t, { run }) {
      const { stdout, stderr } = await run(command);
      t.notRegex(stdout + stderr, pattern);
    },
  };
}

const STATIC_PROC: NotOn = { chroot: '/proc is a plain directory there: what is written stays in it' };

export const commandAttacks: readonly InsideAttack[] = [
  fails('mount', 'mount -t tmpfs none /tmp'),
  fails('mount', 'mount --bind / /tmp'),
  fails('mount', 'mount -t proc proc /tmp'),
  fails('mount', 'mount -o remount,rw /sys'),
  fails('mount', 'mount -o remount,bind,rw /proc/sys'),
  fails('mount', 'umount /proc/sys'),
  fails('mount', 'umount -l /proc'),
  fails('mount', 'umount /etc/hosts'),
  fails('mount', 'umount /dev/shm'),
  fails('mount', 'pivot_root / /tmp'),
  fails('namespaces', 'unshare -r true'),
  fails('namespaces', 'unshare -m true'),
  fails('namespaces', 'nsenter -t 1 -m true'),
  fails('CVE-2022-0492', 'mkdir /tmp/cg && mount -t cgroup -o rdma cgroup /tmp/cg'),
  fails('CVE-2022-0492', 'mkdir /sys/fs/cgroup/own', STATIC_PROC),
  fails(
    'CVE-2022-0492',
    'for f in $(find / -xdev -name release_agent 2>/dev/null) /sys/fs/cgroup/release_agent; do echo /x > $f && exit 0; done; false',
    STATIC_PROC,
  ),
  fails('kernel files', 'echo "|/x" > /proc/sys/kernel/core_pattern', STATIC_PROC),
  fails('kernel files', 'echo /x > /proc/sys/kernel/modprobe', STATIC_PROC),
  fails('kernel files', 'echo 1 > /proc/sys/vm/drop_caches', STATIC_PROC),
  fails('kernel files', 'echo h > /proc/sysrq-trigger', STATIC_PROC),
  fails('kernel files', 'echo x > /proc/sys/fs/binfmt_misc/register', STATIC_PROC),
  fails('kernel files', 'echo 1 > /proc/irq/default_smp_affinity', STATIC_PROC),
  fails('kernel files', 'echo /x > /sys/kernel/uevent_helper', STATIC_PROC),
  fails('kernel files', 'echo 1 > /sys/kernel/profiling', STATIC_PROC),
  fails('kernel files', 'echo mem > /sys/power/state', STATIC_PROC),
  fails('kernel files', 'head -c1 /proc/kcore | grep -q .'),
  fails('kernel files', 'grep -q . /proc/keys'),
  fails('kernel files', 'grep -q . /proc/timer_list'),
  fails('kernel files', 'ls /sys/firmware/* /proc/acpi/*'),
  fails('kernel files', 'dmesg'),
  fails('kernel files', 'swapoff -a'),
  fails('kernel files', 'insmod /nothing'),
  fails('kernel files', 'hostname $(hostname)'),
  fails('kernel files', 'hwclock -r'),
  fails('devices', 'mknod /tmp/d b 8 0 && head -c1 /tmp/d | grep -q .'),
  fails('devices', 'mknod /tmp/d b 254 0 && head -c1 /tmp/d | grep -q .'),
  fails('devices', 'mknod /tmp/d c 1 1 && head -c1 /tmp/d | grep -q .'),
  fails('devices', 'mknod /tmp/d c 1 11 && timeout 1 head -c1 /tmp/d | grep -q .'),
  fails('devices', 'ls /dev/sd* /dev/vd* /dev/nvme* /dev/mem /dev/kmsg /dev/fuse /dev/net/tun /dev/kvm'),
  fails('devices', 'echo x > /dev/tty'),
  fails('devices', 'cat /dev/console'),
  fails('limits', 'ulimit -Hn 100; ulimit -Hn 200'),
  fails('limits', 'nice -n -5 true 2>&1 | grep -q . && exit 1; [ "$(nice -n -5 nice)" -lt 0 ]'),
  fails('network', 'ip link add dummy0 type dummy', {
    chroot: 'the network is the container’s, with the capabilities that the container has',
  }),
  fails('network', 'ip link | grep -v "lo:" | grep -q "^[0-9]"', {
    chroot: 'there is no network of its own; `--network none` is refused',
  }),
  neverPrints('processes', 'the environment of the parents', {
    command: 'cat /proc/[0-9]*/environ | tr "\\0" "\\n"',
    pattern: /planted-/,
  }),
  neverPrints('processes', 'the command lines of the parents', {
    command: 'cat /proc/[0-9]*/cmdline | tr "\\0" " "',
    pattern: /node|unshare|launcher|worker/,
  }),
  neverPrints('CVE-2024-21626', 'descriptors and directories of the parents', {
    command:
      'for p in /proc/[0-9]*; do readlink $p/cwd; readlink $p/root; for f in $p/fd/*; do readlink $f; done; done',
    pattern: /tsbuild|node|\.js|trees|\/tmp\//,
  }),
  neverPrints('mount', 'no folder of the host is mounted', {
    // The root of each mount in its file system, and where it is mounted.
    command: 'cut -d" " -f4,5 /proc/self/mountinfo',
    pattern: /tsbuild|home|tmp\/|node/,
  }),
  {
    ids: 'capabilities',
    title: 'no set of a process has more than Docker’s default, none is inherited or ambient',
    async attempt(t, { run }) {
      const { stdout } = await run(['/bin/grep', '^Cap', '/proc/self/status']);
      const sets = Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.split(':\t'))
          .map(([name = '', bits = '0']) => [name, BigInt(`0x${bits}`)]),
      );
      const allowed = 0xa80425fbn;
      for (const name of ['CapPrm', 'CapEff', 'CapBnd']) t.is((sets[name] ?? -1n) & ~allowed, 0n, name);
      t.deepEqual([sets['CapInh'], sets['CapAmb']], [0n, 0n]);
    },
    notOn: { chroot: '/proc has no status of the process; the calls themselves are tried above' },
  },
  {
    ids: 'capabilities',
    title: 'a set-user-id program gives an ordinary user of the image no more than its root has',
    async attempt(t, { run, world }) {
      const layers = await world.on([hostFile('raise', '/bin/busybox', { mode: 0o4755 })]);
      const { stdout } = await run(
        '/raise sh -c "mount -t tmpfs none /tmp && echo mounted; mknod /tmp/x c 1 1 && head -c1 /tmp/x | grep -q . && echo read; true"',
        { layers, uid: 1000, gid: 1000, groups: [1000] },
      );
      t.notRegex(stdout, /mounted|read/);
    },
  },
];
