// Hostile images, volumes and running containers against run, exec and rm.
import { ftruncateSync, mkdirSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestedMount } from '../../src/containers/container-request.js';
import { loadSyscalls } from '../../src/host/syscalls/system-calls.js';
import { evilContainers } from '../support/attack-container.js';
import { attack, attackNeeding, type Defence } from '../support/attack.js';
import type { EvilEntry } from '../support/evil-tars.js';

const attackRun = attackNeeding('sandbox', 'busybox');
const link = (name: string, target: string): EvilEntry => ({ name, type: 'symlink', link: target });

const OK = { exitCode: 0, text: '' };
const CONFINED: Defence = ['src/host/syscalls/look-up-calls.ts', 'RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH'];

attackRun(
  'CVE-2026-41579, CVE-2025-31133, CVE-2024-1753',
  'run: what is mounted on links of the image stays in the container',
  CONFINED,
  async (t, world) => {
    const { outside, root } = world;
    const evil = await evilContainers(t, world, [
      link('etc/hosts', `${outside}/secret`),
      link('etc/resolv.conf', `../../../../../../../..${outside}/empty`),
      { name: 'etc/hostname', type: 'fifo' },
      link('dev', `${outside}/folder`),
      link('out', outside),
      link('root-of-one', '/proc/1/root'),
    ]);
    mkdirSync(join(root, 'source'));
    writeFileSync(join(root, 'source', 'file'), 'bound');
    const { text, exitCode } = await evil.run(
      'cat /etc/hosts /etc/hostname /etc/resolv.conf; cat /out/at/file; ls -d /out/tmpfs; echo x > /out/made; : > /dev/null',
      {
        hostname: 'victim',
        mounts: [
          { type: 'bind', source: join(root, 'source'), target: '/out/at' },
          { type: 'tmpfs', target: '/out/tmpfs/deep' },
          { type: 'tmpfs', target: '/root-of-one/tmpfs' },
        ],
      },
    );
    t.is(exitCode, 0, text);
    t.regex(text, /^127\.0\.0\.1\tlocalhost\n[^]*\nvictim\n[^]*bound/);
    const circle = await evilContainers(
      t,
      world,
      [link('etc/hosts', 'group'), link('etc/group', 'hosts')],
      'circle',
    );
    await circle.refused(circle.run('true'), 'LAYER_UNSAFE', /too many levels/);
    for (const kernel of ['proc', 'sys']) {
      const images = await evilContainers(t, world, [link(kernel, outside)], kernel);
      await images.refused(images.run('true'), 'CONTAINER_NOT_STARTED', /is a symbolic link/);
    }
  },
);

attackRun(
  'CVE-2024-21626',
  'run, exec: a working directory of the kernel does not lead out, and no descriptor is left open',
  ['src/containers/exec-container.ts', 'its.keepOnlyStandardDescriptors();'],
  async (t, world) => {
    const evil = await evilContainers(t, world, [
      link('wd', '/proc/self/fd/7'),
      { name: 'fifo', type: 'fifo' },
    ]);
    await evil.start('one');
    for (const workingDir of ['/proc/self/fd/3', '/proc/self/fd/7', '/wd', '/wd/..', '/proc/self/cwd']) {
      const looks = `cat ./secret ../secret ../../../../..${world.outside}/secret 2>/dev/null; true`;
      for (const attempt of [
        () => evil.run(looks, { workingDir }),
        () => evil.exec('one', looks, { workingDir }),
      ]) {
        // Refused, or a directory of the container.
        const text = await attempt().then(
          (told) => told.text,
          (error: unknown) => String(error),
        );
        t.false(text.includes(world.sentinel.tokens[1]!), workingDir);
      }
    }
    await evil.refused(
      evil.run('true', { workingDir: '/fifo' }),
      'CONTAINER_NOT_STARTED',
      /is not a directory/,
    );
    // The shell lists itself: the directory that it reads is the fourth.
    const open = 'for n in /proc/self/fd/*; do [ -e $n ] && echo ${n##*/}; done; true';
    t.is((await evil.run(open)).text, '0\n1\n2\n');
    t.is((await evil.exec('one', open)).text, '0\n1\n2\n');
  },
);

attackRun(
  'CVE-2019-19921, CVE-2025-52881',
  'run: nothing is mounted over files of the kernel in /proc, by no link of the image either',
  ['src/sandbox/mount-executor.ts', 'refuseInsideProc(context, path, target);'],
  async (t, world) => {
    const evil = await evilContainers(t, world, [link('kernel', '/proc/sys'), link('whole', '/proc')]);
    mkdirSync(join(world.root, 'fake'));
    writeFileSync(join(world.root, 'file'), 'of a container');
    const source = join(world.root, 'fake');
    const mounts: readonly RequestedMount[] = [
      ...['/proc', '/proc/sys', '/proc/self/attr', '/kernel', '/whole/fs'].map(
        (target) => ({ type: 'bind', source, target }) as const,
      ),
      { type: 'volume', target: '/whole' },
      { type: 'tmpfs', target: '/proc' },
      { type: 'tmpfs', target: '/kernel' },
    ];
    for (const mount of mounts)
      await evil.refused(
        evil.run('true', { mounts: [mount] }),
        'CONTAINER_MOUNT',
        /cannot be mounted because it is inside \/proc$/,
      );
    // What shows the resources of a container is common.
    const shown = [{ type: 'bind', source: join(world.root, 'file'), target: '/proc/uptime' }] as const;
    t.is((await evil.run('cat /proc/uptime', { mounts: shown })).text, 'of a container');
  },
);

/** Of docker's default profile (moby oci/caps/defaults.go). */
const DEFAULT_CAPABILITIES = '00000000a80425fb';
const NONE = '0000000000000000';
const STATUS = "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr '\\t\\n' '  '";
const statusOf = (kept: string, flag = 0): string =>
  `CapInh: ${NONE} CapPrm: ${kept} CapEff: ${kept} CapBnd: ${DEFAULT_CAPABILITIES} CapAmb: ${NONE} NoNewPrivs: ${flag} Seccomp: 2 `;

attackRun(
  'CVE-2022-24769, CVE-2025-31133',
  'run, exec: rights, masks and read-only files of the kernel are those of docker',
  ['src/sandbox/launch.ts', 'if (!order.isInsecure) dropBoundingSet(calls, kept);'],
  async (t, world) => {
    const evil = await evilContainers(t, world);
    t.is((await evil.run(STATUS)).text, statusOf(DEFAULT_CAPABILITIES));
    t.is((await evil.run(STATUS, { user: '7' })).text, statusOf(NONE));
    await evil.start('plain');
    t.is((await evil.exec('plain', STATUS)).text, statusOf(DEFAULT_CAPABILITIES));
    t.is((await evil.exec('plain', STATUS, { user: '7' })).text, statusOf(NONE));
    await evil.start('locked', { securityOpt: ['no-new-privileges'] });
    t.is((await evil.exec('locked', STATUS)).text, statusOf(DEFAULT_CAPABILITIES, 1));
    const looks = [
      'for f in acpi asound interrupts kcore keys latency_stats timer_list timer_stats sched_debug scsi; do',
      '  p=/proc/$f; if [ -d $p ]; then ls $p; elif [ -e $p ]; then head -c 100 $p; fi; done',
      'for p in /sys/firmware /sys/devices/virtual/powercap; do [ ! -d $p ] || ls $p; done',
      'for p in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sysrq-trigger /sys/kernel/uevent_helper; do',
      '  (echo x >$p) 2>/dev/null && echo "$p was written"; done',
      '(mkdir /sys/fs/cgroup/made) 2>/dev/null && echo made a group',
      // PID 1 has no handler for them, and is no process that its children may end.
      'kill -9 1; kill -STOP 1; kill -9 -1 2>/dev/null; true',
    ].join('\n');
    for (const told of [await evil.run(looks), await evil.exec('plain', looks)]) t.is(told.text, '');
  },
);

attackRun(
  'CVE-2019-5736, CVE-2025-31133',
  'exec: what a container has put in the place of /dev/null is not opened, and not waited for',
  ['src/sandbox/standard-descriptors.ts', 'rdev !== NULL_DEVICE'],
  async (t, world) => {
    const evil = await evilContainers(t, world);
    await evil.start('mounting', { capAdd: ['SYS_ADMIN'], securityOpt: ['seccomp=unconfined'] });
    for (const made of ['echo pretended >/made', 'rm /made; mkfifo /made']) {
      t.deepEqual(await evil.exec('mounting', `${made}; mount --bind /made /dev/null`), OK);
      await evil.refused(
        evil.exec('mounting', 'cat'),
        'CONTAINER_NOT_STARTED',
        /\/dev\/null .* not that device$/,
      );
      t.deepEqual(await evil.exec('mounting', 'umount -l /dev/null', { isTerminal: true }), OK);
    }
  },
);

attackRun(
  'CVE-2024-28863',
  'rm: a tree of 6000 levels and of names that are no text goes with its container',
  ['src/rootfs/remove-tree.ts', 'if (level >= MAX_OPEN_LEVELS)'],
  async (t, world) => {
    const evil = await evilContainers(t, world);
    const names =
      'mkdir "/a\nb" "/$(printf \'\\377\')"; : > "/$(printf \'\\377\')/$(printf \'\\033[31m\')"; mkfifo /fifo';
    const deep = `p=d; for i in 1 2 3 4 5 6 7 8 9 10; do p=$p/d; done; q=$p; while [ \${#q} -lt 3900 ]; do q=$q/$p; done
      cd /tmp; for i in 1 2 3; do mkdir -p $q && cd -P $q || exit 1; done`;
    t.deepEqual(await evil.run(`${names}; ${deep}`, { name: 'deep', isRemovedAtEnd: false }), OK);
    await evil.remove('deep');
    t.deepEqual(readdirSync(join(world.store, 'local/v1/containers/c')), []);
  },
);

attackRun(
  'a hosts file is a list of lines',
  'run: no name or address of a request begins another line of the network files',
  ['src/containers/create-container.ts', 'requireNetworkWords(asked);'],
  async (t, world) => {
    const evil = await evilContainers(t, world);
    const line = 'a\n192.0.2.66 registry.example';
    for (const request of [
      { hostname: line },
      { domainname: line },
      { dns: [line] },
      { dnsSearch: [line] },
      { dnsOptions: [line] },
      { extraHosts: [{ name: line, address: '::1' }] },
    ])
      await evil.refused(evil.run('cat /etc/hosts /etc/resolv.conf', request), 'OPTION_INVALID', /a\\n192/);
  },
);

attack(
  'CVE-2019-5736',
  'run, exec: the program that becomes a command cannot be changed by who finds it in /proc',
  ['src/host/syscalls/spawn-calls.ts', 'fcntl(fd, F_ADD_SEALS, ALL_SEALS);'],
  async (t) => {
    const calls = await loadSyscalls();
    const fd = calls.memoryFile('launcher', Buffer.from('program'));
    t.throws(() => writeSync(fd, 'hostile'), { code: 'EPERM' });
    t.throws(() => ftruncateSync(fd, 1), { code: 'EPERM' });
    calls.close(fd);
  },
);
