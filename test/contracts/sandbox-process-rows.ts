// What a step is: identity, environment, descriptors, kernel views, network, limits, how it ends.
import { readdirSync } from 'node:fs';
import { dir, file, step } from '../support/sandbox-rootfs.js';
import { execute } from '../support/sandbox-world.js';
import { failureCode, lines, type SuiteContext } from './sandbox-suite-context.js';

const DEFAULT_CAPABILITIES = '00000000a80425fb';

export function processRows({ check, driver }: SuiteContext): void {
  check("root has Docker's capabilities, may gain no others, and no_new_privs is off", async (t, w) => {
    const { stdout } = await w.run('id -u; id -G; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status');
    t.deepEqual(lines(stdout), [
      '0',
      '0',
      'CapInh:\t0000000000000000',
      `CapPrm:\t${DEFAULT_CAPABILITIES}`,
      `CapEff:\t${DEFAULT_CAPABILITIES}`,
      `CapBnd:\t${DEFAULT_CAPABILITIES}`,
      'CapAmb:\t0000000000000000',
      'NoNewPrivs:\t0',
      'Seccomp:\t2',
    ]);
  });

  check('another user has its groups and no capability', async (t, w) => {
    const { stdout } = await w.run(
      'id -u; id -g; id -G; grep -E "^Cap(Inh|Prm|Eff|Bnd|Amb)" /proc/self/status',
      { uid: 1000, gid: 1001, groups: [1001, 7] },
    );
    const none = '0000000000000000';
    t.deepEqual(lines(stdout), [
      '1000',
      '1001',
      '1001 7',
      `CapInh:\t${none}`,
      `CapPrm:\t${none}`,
      `CapEff:\t${none}`,
      `CapBnd:\t${DEFAULT_CAPABILITIES}`,
      `CapAmb:\t${none}`,
    ]);
  });

  check('the environment is exactly the given one', async (t, w) => {
    const { stdout } = await w.run(['/bin/cat', '/proc/self/environ'], {
      env: ['A=1', 'B=two words', 'C=ü', 'EMPTY='],
    });
    t.is(stdout, 'A=1\0B=two words\0C=ü\0EMPTY=\0');
  });

  check('descriptors are 0 to 2: an empty stdin and two pipes that can be opened again', async (t, w) => {
    const { stdout, stderr } = await w.run(
      'ls /proc/1/fd; cat; echo out > /dev/stdout; echo err > /dev/stderr',
      { uid: 1000 },
    );
    t.deepEqual(lines(stdout), ['0', '1', '2', 'out']);
    t.is(stderr, 'err\n');
  });

  check('signals are not ignored or blocked, the command is process 1 and leads a session', async (t, w) => {
    const { stdout } = await w.run([
      '/bin/grep',
      '-E',
      '^(Sig(Blk|Ign|Cgt)|Pid|NSsid|PPid):',
      '/proc/self/status',
    ]);
    const none = '0000000000000000';
    t.deepEqual(lines(stdout), [
      'Pid:\t1',
      'PPid:\t0',
      'NSsid:\t1',
      `SigBlk:\t${none}`,
      `SigIgn:\t${none}`,
      `SigCgt:\t${none}`,
    ]);
  });

  check('hostname, umask, resolv.conf and hosts', async (t, w) => {
    const { stdout, changes } = await w.run(
      'hostname; umask; cat /etc/resolv.conf /etc/hosts; echo x > /etc/resolv.conf || echo refused',
    );
    t.deepEqual(lines(stdout), [
      'buildkitsandbox',
      '0022',
      'nameserver 192.0.2.1',
      '127.0.0.1 localhost buildkitsandbox',
      'refused',
    ]);
    t.deepEqual(changes, []);
  });

  check('/proc is guarded and /sys read-only', async (t, w) => {
    const { stdout } = await w.run(
      'for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /sys/power/state /sys/fs/cgroup/x; do (echo 1 > $f) 2>/dev/null && echo "wrote $f"; done; wc -c < /proc/keys; wc -c < /proc/timer_list; ls /proc/acpi /sys/firmware; stat -c %a /dev/shm; stat -f -c %T /dev/shm',
    );
    t.deepEqual(
      lines(stdout).filter((line) => line.startsWith('wrote')),
      [],
    );
    t.regex(stdout, /^0\n0\n/);
    t.regex(stdout, /1777\ntmpfs\n$/);
  });

  check('devices are the six harmless ones', async (t, w) => {
    const { stdout } = await w.run(
      'find /dev -type c ! -path "/dev/pts/*" | sort; find /dev -type b; readlink /dev/fd; readlink /dev/ptmx; head -c 3 /dev/zero | wc -c',
    );
    t.deepEqual(lines(stdout), [
      '/dev/full',
      '/dev/null',
      '/dev/random',
      '/dev/tty',
      '/dev/urandom',
      '/dev/zero',
      '/proc/self/fd',
      'pts/ptmx',
      '3',
    ]);
  });

  check('network none has only lo, and it is up', async (t, w) => {
    const { stdout } = await w.run(
      'ls /sys/class/net; ip link show lo | head -1; ping -c1 -W1 127.0.0.1 >/dev/null && echo pong',
    );
    t.deepEqual(lines(stdout)[0], 'lo');
    t.regex(stdout, /LOOPBACK,UP/);
    t.regex(stdout, /pong/);
  });

  check('network host sees the interfaces of the host, /sys is read-only there too', async (t, w) => {
    const { stdout } = await w.run(
      'ls /sys/class/net; (echo 1 > /sys/kernel/uevent_helper) 2>/dev/null && echo wrote',
      { network: 'host' },
    );
    t.deepEqual(lines(stdout).sort(), readdirSync('/sys/class/net').sort());
  });

  check('exit codes, signals, and a command that is not there', async (t, w) => {
    t.is((await w.run('exit 42')).exitCode, 42);
    const killed = await w.run('sh -c "kill -9 \\$\\$"; exit $?');
    t.is(killed.exitCode, 137);
    t.deepEqual(await failureCode(w.run(['no-such-command'])), {
      code: 'STEP_NOT_FOUND',
      message: 'exec: "no-such-command": executable file not found in $PATH',
    });
    t.is(
      (await failureCode(w.run(['/no/such']))).message,
      'exec: "/no/such": stat /no/such: no such file or directory',
    );
    t.is((await failureCode(w.run(['/etc/passwd']))).message, 'exec: "/etc/passwd": permission denied');
    const layers = await w.on([
      dir('bin'),
      file('bin/lost', '#!/no/interpreter\n', { mode: 0o755 }),
      file('bin/garbage', 'neither\n', { mode: 0o755 }),
    ]);
    t.regex(
      (await failureCode(w.run(['lost'], { layers }))).message,
      /^exec \/bin\/lost: no such file or directory/,
    );
    t.is((await failureCode(w.run(['garbage'], { layers }))).message, 'exec /bin/garbage: exec format error');
  });

  check('limits', async (t, w) => {
    const { stdout } = await w.run(
      'ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2',
      { ulimits: [{ name: 'nofile', soft: 100, hard: 200 }], shmSizeBytes: 1 << 20 },
    );
    t.deepEqual(lines(stdout), ['100', '200', '1024']);
  });

  check('an aborted step ends at once and says so', async (t, w) => {
    const abort = new AbortController();
    const running = w.run('echo started; sleep 1000', {
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    t.is((await failureCode(running)).code, 'ABORTED');
    t.is((await w.run('echo still fine')).stdout, 'still fine\n');
  });

  check('steps run side by side, also in two sandboxes on one store', async (t, w) => {
    const second = await driver.open(w.store.paths);
    try {
      const io = { onOutput: () => {}, signal: new AbortController().signal };
      const results = await Promise.all([
        w.run('touch /one'),
        w.run('touch /two'),
        execute(second, [w.base], step('touch /three', driver.defaults), io),
      ]);
      t.deepEqual(
        results.map(({ exitCode }) => exitCode),
        [0, 0, 0],
      );
    } finally {
      await second.dispose();
    }
  });
}
