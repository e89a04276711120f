// A step against the supervisor that records owners for it: the supervisor acts on paths that the step chooses and
// changes meanwhile, with rights that the step does not have (seccomp_unotify(2)).
import test from 'ava';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usernsSingleRung } from '../../src/worker/front/userns-single-rung.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { testNeeding } from '../support/requirements.js';
import { dir, file, program, symlink } from '../support/sandbox-rootfs.js';
import { openWorld, type World } from '../support/sandbox-world.js';
import { cString, syscallProgram } from '../support/syscall-program.js';

let opened: Promise<World> | undefined;
const world = (): Promise<World> =>
  (opened ??= openWorld({
    name: 'userns-single',
    open: (paths) =>
      openWorkerSandbox({ rung: usernsSingleRung, paths, signal: new AbortController().signal }),
  }));
test.after.always(async () => (await opened)?.close());

const needing = testNeeding('sandbox', 'busybox');

needing(
  'no path leads the supervisor out of the root of the step, whatever is flipped meanwhile',
  async (t) => {
    const w = await world();
    const out = mkdtempSync(join(tmpdir(), 'tsbuild-outside-'));
    const canary = join(out, 'canary');
    writeFileSync(canary, 'x', { mode: 0o4755 });
    const before = [statSync(canary), statSync(out)].map(({ ctimeMs, mode }) => [ctimeMs, mode]);
    const layers = await w.on([
      symlink('way-out', out),
      symlink('up', '../../../../../../..'),
      dir('in'),
      file('in/canary', ''),
    ]);
    const paths = [
      `${canary}`,
      '/way-out/canary',
      `/up${canary}`,
      `/proc/1/root${canary}`,
      `/proc/self/cwd/../..${canary}`,
    ];
    const { exitCode } = await w.run(
      [
        `for p in ${paths.join(' ')}; do chown 5:5 $p; chown -h 5 $p; mknod $p-node c 1 3; mkdir $p-dir; done 2>/dev/null`,
        `(while :; do ln -sfn /in /l; ln -sfn ${out} /l; ln -sfn /proc/1/root${out} /l; done) & flipper=$!`,
        'i=0; while [ $i -lt 200 ]; do chown 5:6 /l/canary; mkdir /l/d$i; ln -s x /l/s$i; i=$((i+1)); done 2>/dev/null',
        'kill $flipper; true',
      ].join('; '),
      { layers },
    );
    t.is(exitCode, 0);
    t.deepEqual(
      [statSync(canary), statSync(out)].map(({ ctimeMs, mode }) => [ctimeMs, mode]),
      before,
    );
  },
);

needing('records planted in a layer are not believed, and the step does not see the real ones', async (t) => {
  const w = await world();
  const xattrs = { 'user.tsbuild.owner': '0:0', 'user.tsbuild.device': 'b:8:0' } as never;
  const layers = await w.on([file('planted', '', { uid: 5, gid: 6, xattrs })]);
  const { stdout } = await w.run('stat -c "%u:%g %F" /planted', { layers });
  t.is(stdout, '5:6 regular empty file\n');
});

needing('a device that a step makes gives access to nothing', async (t) => {
  const w = await world();
  const { stdout } = await w.run(
    'mknod /mem c 1 1; mknod /disk b 8 0; mknod /zero c 1 5; for d in /mem /disk /zero; do head -c 64 $d | wc -c; done',
  );
  t.is(stdout, '0\n0\n0\n');
});

needing('processes that are killed in the middle of a call do not disturb the others', async (t) => {
  const w = await world();
  const { stdout, exitCode } = await w.run(
    'touch /f; i=0; while [ $i -lt 100 ]; do (while :; do chown 7:7 /f; mkdir -p /a/b/c; done) & kill -9 $!; i=$((i+1)); done; wait; kill -9 -1; wait; sleep 0.1; chown 3:4 /f; stat -c %u:%g /f; true',
  );
  t.is(stdout, '3:4\n');
  t.is(exitCode, 0);
});

needing(
  'a step that ends with calls on their way leaves a supervisor that serves the next one',
  async (t) => {
    const w = await world();
    const abort = new AbortController();
    const running = w.run(
      'echo up; while :; do chown 7 /etc/passwd; done & while :; do chown 8 /etc/group; done',
      {
        signal: abort.signal,
        onOutput: () => abort.abort(),
      },
    );
    await t.throwsAsync(running);
    t.is((await w.run('touch /f; chown 3:4 /f; stat -c %u:%g /f')).stdout, '3:4\n');
  },
);

needing('a killed process that makes files as an ordinary user ends nothing but itself', async (t) => {
  const w = await world();
  const { stdout, exitCode } = await w.run(
    'i=0; while [ $i -lt 60 ]; do (while :; do mkdir /tmp/w$i; rmdir /tmp/w$i; : > /tmp/f$i; rm /tmp/f$i; done) 2>/dev/null & sleep 0.01; kill -9 $!; i=$((i+1)); done; wait; mkdir /tmp/last; stat -c %u:%g /tmp/last',
    { uid: 1000, gid: 1000 },
  );
  t.is(stdout, '1000:1000\n');
  t.is(exitCode, 0);
});

needing('an ordinary user reaches nothing of root by the links of /proc', async (t) => {
  const w = await world();
  const layers = await w.on([
    file('of-root', 'kept', { mode: 0o644 }),
    file('secret', 'hidden', { mode: 0o600 }),
  ]);
  const { stdout } = await w.run(
    'exec 3< /of-root; for p in /proc/self/root/of-root //proc//self/root/of-root /proc/self/fd/3 /dev/fd/3 /proc/$$/fd/3; do echo x > $p; chmod 777 $p; rm -f $p; done 2>/dev/null; cat /of-root; stat -c " %a %u" /of-root; cat /proc/self/root/secret /secret 2>/dev/null; touch /proc/self/root/mine; ls -d /mine 2>/dev/null',
    { uid: 1000, gid: 1000, layers },
  );
  t.is(stdout, 'kept 644 0\n');
});

if (process.arch === 'x64')
  needing('a set-id program gives its ids to nobody but itself', async (t) => {
    const w = await world();
    const [execve, geteuid, exit, open] = [59, 107, 231, 2];
    // Fails by its arguments; then a file of root's is asked for.
    const failing = syscallProgram([
      { number: execve, args: [cString('/suid'), 1, 0], mayFail: true },
      { number: geteuid, mayFail: true },
      { number: open, args: [cString('/by-nobody'), 0o101, 0o644] },
      { number: exit, args: [0] },
    ]);
    const layers = await w.on([
      program('failing', failing),
      program('suid', syscallProgram([{ number: open, args: [cString('/by-suid'), 0o101, 0o644] }]), {
        mode: 0o4755,
      }),
    ]);
    const { stdout, changes } = await w.run('/failing; echo $?; /suid; echo $?', {
      uid: 1000,
      gid: 1000,
      layers,
    });
    t.is(stdout, '13\n0\n');
    t.deepEqual(changes, ['node by-suid']);
  });
