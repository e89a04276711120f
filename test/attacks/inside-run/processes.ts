// Other processes, programs of the host, sockets and working directories that lead to them.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { TsbuildError } from '../../../src/core/errors.js';
import type { InsideAttack } from '../../support/inside-run.js';
import { landlockVersion } from '../../support/landlock-version.js';
import { dir, file, hostFile, program } from '../../support/sandbox-rootfs.js';
import { cString, syscallProgram } from '../../support/syscall-program.js';

const SAME_PROCESSES: InsideAttack['notOn'] =
  (await landlockVersion()) >= 6
    ? {}
    : {
        chroot:
          'there is no process namespace, and this kernel has no scopes of Landlock: other processes of the container can be signalled',
      };

const [OPEN, ACCESS, CHDIR, FCHDIR, CHROOT] = [2, 21, 80, 81, 161];
const O_DIRECTORY = 0o200000;
const ENOENT = 2;

const FIRST_DESCRIPTOR = 3;
const LAST_DESCRIPTOR = 50;

/** `struct sockaddr_un` of an abstract name. */
function abstractAddress(name: string): Buffer {
  return Buffer.concat([Buffer.from([1, 0, 0]), Buffer.from(name)]);
}

export const processAttacks: readonly InsideAttack[] = [
  {
    ids: 'processes',
    title: 'no process is visible but its own',
    async attempt(t, { run }) {
      const { stdout } = await run('ls /proc | grep -c "^[0-9]"');
      t.true(Number(stdout) <= 4, `${stdout} processes`);
    },
  },
  {
    ids: 'processes',
    title: 'a process of the host cannot be signalled, read or traced',
    notOn: SAME_PROCESSES,
    async attempt(t, { run }) {
      const victim = spawn('sleep', ['1000']);
      t.teardown(() => void victim.kill('SIGKILL'));
      const pid = victim.pid ?? 0;
      const { stdout } = await run(
        `kill -9 ${pid} && echo killed; kill -0 ${process.pid} && echo seen; head -c1 /proc/${pid}/mem && echo read; cat /proc/${pid}/maps && echo mapped; true`,
      );
      t.is(stdout, '');
      t.is(victim.exitCode ?? victim.signalCode, null);
    },
  },
  {
    ids: 'processes',
    title: 'kill of all processes reaches the step alone',
    notOn: SAME_PROCESSES,
    async attempt(t, { run }) {
      const victim = spawn('sleep', ['1000']);
      t.teardown(() => void victim.kill('SIGKILL'));
      await run('trap "" TERM; kill -TERM -1; kill -9 -1; true');
      t.is(victim.exitCode ?? victim.signalCode, null);
      t.is((await run('echo still here')).stdout, 'still here\n');
    },
  },
  {
    ids: 'processes',
    title: 'what a step leaves running ends with it',
    async attempt(t, { run }) {
      const seconds = `${40_000_000 + (process.pid % 1000)}`;
      await run(`setsid sh -c "trap '' TERM HUP; sleep ${seconds}" >/dev/null 2>&1 & sleep 0.2; true`);
      const left = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => spawnSync('grep', ['-q', seconds, `/proc/${pid}/cmdline`]).status === 0);
      t.deepEqual(left, []);
    },
  },
  {
    ids: 'CVE-2019-5736',
    title: 'the program that becomes the command cannot be overwritten through /proc/self/exe',
    async attempt(t, { run, world }) {
      const layers = await world.on([
        file('reexec', '#!/proc/self/exe\nrequire("fs").writeFileSync("/proc/self/exe", "x")\n', {
          mode: 0o755,
        }),
      ]);
      // Whatever becomes of it: the host's programs are compared afterwards.
      await run(['/reexec'], { layers }).catch((error: unknown) => {
        if (!(error instanceof TsbuildError)) throw error;
      });
      const { stdout } = await run(
        'for e in /proc/self/exe /proc/1/exe /proc/[0-9]*/exe; do (echo x >> $e) 2>/dev/null && [ ! -L /proc/cpuinfo ] && readlink $e | grep -E "node|unshare"; done; true',
      );
      t.is(stdout, '');
    },
  },
  {
    ids: 'CVE-2024-21626',
    title: `a working directory /proc/self/fd/${FIRST_DESCRIPTOR} to ${LAST_DESCRIPTOR} does not lead out`,
    async attempt(t, { run, outside }) {
      for (let fd = FIRST_DESCRIPTOR; fd <= LAST_DESCRIPTOR; fd++) {
        const up = '../'.repeat(12);
        const attempt = run(`test -e ${up}${outside}/secret && echo reached; pwd`, {
          cwd: `/proc/self/fd/${fd}`,
        });
        const stdout = await attempt.then(
          (ran) => ran.stdout,
          (error: unknown) => {
            if (error instanceof TsbuildError && error.code !== 'INTERNAL') return '';
            throw error;
          },
        );
        t.notRegex(stdout, /reached|tsbuild/, `descriptor ${fd}`);
      }
    },
  },
  {
    ids: 'chroot',
    title: 'a second root directory and a kept descriptor of the first do not lead above it',
    async attempt(t, { run, outside }) {
      const up = '../'.repeat(12);
      const { stdout } = await run(
        `mkdir -p /jail/bin; cp /bin/busybox /jail/bin/sh; exec 3</; ` +
          `chroot /jail /bin/sh -c "cd /proc/self/fd/3 2>/dev/null; cd ${up} 2>/dev/null; [ -e .${outside}/secret ] && echo reached"; ` +
          `cd /proc/self/fd/3/${up} 2>/dev/null; [ -e .${outside}/secret ] && echo reached; [ -e /..${outside}/secret ] && echo reached; ` +
          `[ -e /proc/1/root/..${outside}/secret ] && echo reached; [ -e /proc/1/cwd/${up}${outside}/secret ] && echo reached; true`,
      );
      t.is(stdout, '');
    },
  },
  {
    ids: 'chroot',
    title: 'chroot, fchdir and a walk upwards (the classic way out) end in the rootfs',
    async attempt(t, { run, world, outside }) {
      const up = cString('../'.repeat(20));
      const escape = syscallProgram([
        { number: OPEN, args: [cString('/'), O_DIRECTORY] },
        { number: CHROOT, args: [cString('/jail')], mayFail: true },
        { number: FCHDIR, args: [{ resultOf: 0 }] },
        { number: CHDIR, args: [up] },
        { number: CHROOT, args: [cString('.')], mayFail: true },
        { number: ACCESS, args: [cString(`${outside}/secret`), 0] },
      ]);
      const layers = await world.on([dir('jail'), program('escape', escape)]);
      const { exitCode } = await run(['/escape'], { layers });
      t.is(exitCode, ENOENT);
    },
  },
  {
    ids: 'CVE-2020-15257',
    title: 'an abstract socket of the host cannot be reached without a network',
    notOn: { chroot: 'the network is the container’s; `--network none` is refused' },
    async attempt(t, { run, world }) {
      const name = `tsbuild-test-${process.pid}`;
      const server = createServer((socket) => socket.end());
      await new Promise<void>((resolve) => server.listen(`\0${name}`, resolve));
      t.teardown(() => void server.close());
      const address = abstractAddress(name);
      const connect = syscallProgram([
        { number: 41, args: [1, 1, 0] },
        { number: 42, args: [{ resultOf: 0 }, address, address.length] },
      ]);
      const layers = await world.on([program('connect', connect)]);
      t.not((await run(['/connect'], { layers, network: 'none' })).exitCode, 0);
    },
  },
  {
    ids: 'network',
    title: 'without a network nothing of the host answers',
    notOn: { chroot: '`--network none` is refused' },
    async attempt(t, { run }) {
      const server = createServer((socket) => socket.end('reached\n'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.teardown(() => void server.close());
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const { stdout } = await run(`nc -w 1 127.0.0.1 ${port} </dev/null; true`, { network: 'none' });
      t.is(stdout, '');
    },
  },
  {
    ids: 'programs of the host',
    title: 'a set-user-id program of an image is out of reach for other users of the host',
    async attempt(t, { run, world }) {
      const layers = await world.on([dir('s'), hostFile('s/raise', '/bin/busybox', { mode: 0o4755 })]);
      await run('cp /s/raise /s/raise2; chmod 4755 /s/raise2', { layers });
      const { local } = world.store.paths;
      const found = readdirSync(local).filter((name) => /^(trees|mounts)/.test(name));
      t.true(found.length > 1);
      for (const name of found) t.is(statSync(join(local, name)).mode & 0o077, 0, name);
    },
  },
];
