import test from 'ava';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8 } from '../../../../src/core/bytes.js';
import type { Launcher } from '../../../../src/sandbox/launcher/start-launcher.js';
import { launcherStarter } from '../../../../src/sandbox/launcher/start-launcher.js';
import { loadSyscalls, type OwnSystemCalls } from '../../../../src/host/syscalls/system-calls.js';
import { isSystemCallError } from '../../../../src/host/syscalls/binding.js';
import { AT_FDCWD } from '../../../../src/host/syscalls/file-calls.js';
import {
  O_CREAT,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
} from '../../../../src/host/syscalls/open-flags.js';
import { TsbuildError } from '../../../../src/core/errors.js';

interface World {
  readonly own: OwnSystemCalls;
  readonly launcher: Launcher;
  readonly folder: string;
}

/** A launcher without namespaces, and a folder for what it does. */
async function withLauncher(work: (world: World) => void): Promise<void> {
  const own = await loadSyscalls();
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-launcher-'));
  const launcher = launcherStarter(own, { directory: folder }).start([]);
  try {
    work({ own, launcher, folder });
  } finally {
    launcher.close();
    rmSync(folder, { recursive: true });
  }
}

if (process.platform === 'linux') {
  test.serial('calls are made by the launcher: its descriptors, its directory, its umask', (t) =>
    withLauncher(({ own, launcher: { pid, calls, close }, folder }) => {
      const dir = calls.openat(AT_FDCWD, fromUtf8(folder), O_PATH | O_DIRECTORY);
      calls.together(() => {
        calls.umask(0o077);
        calls.fchdir(dir);
        calls.mkdirat(AT_FDCWD, fromUtf8('made'), 0o777);
      });
      t.is(calls.status(calls.lookAt(dir, fromUtf8('made'))!.fd).type, 'directory');
      t.is(own.lookAt(AT_FDCWD, fromUtf8(join(folder, 'made')))?.type, 'directory');
      t.is(calls.lookAt(dir, fromUtf8('absent')), undefined);
      close();
      t.deepEqual(own.reap(pid, { isAwaited: true }), { code: 0, signal: null });
    }),
  );

  test.serial('an error names the call, and what comes after it is not done', (t) =>
    withLauncher(({ launcher: { calls }, folder }) => {
      const dir = calls.openat(AT_FDCWD, fromUtf8(folder), O_PATH | O_DIRECTORY);
      const error = t.throws(() =>
        calls.together(() => {
          calls.mkdirat(dir, fromUtf8('first'), 0o755);
          calls.unlinkat(dir, fromUtf8('absent'), 0);
          calls.mkdirat(dir, fromUtf8('second'), 0o755);
        }),
      );
      t.true(isSystemCallError(error, 'ENOENT'));
      t.is(error?.message, 'unlinkat: ENOENT');
      t.is(calls.lookAt(dir, fromUtf8('first'))?.type, 'directory');
      t.is(calls.lookAt(dir, fromUtf8('second')), undefined);
    }),
  );

  test.serial('a path is found beneath a directory, but not through a link', (t) =>
    withLauncher(({ launcher: { calls }, folder }) => {
      const dir = calls.openat(AT_FDCWD, fromUtf8(folder), O_PATH | O_DIRECTORY);
      calls.mkdirat(dir, fromUtf8('a'), 0o755);
      calls.symlinkat(fromUtf8('a'), dir, fromUtf8('link'));
      t.like(calls.lookBeneath(dir, fromUtf8('/a')), { type: 'directory' });
      t.is(calls.lookBeneath(dir, fromUtf8('a/b')), 'absent');
      for (const path of ['link', 'link/b', '..', 'a/../..'])
        t.is(calls.lookBeneath(dir, fromUtf8(path)), 'indirect');
    }),
  );

  test.serial('several paths are found at once, or none of them', (t) =>
    withLauncher(({ own, launcher: { calls }, folder }) => {
      for (const one of [own, calls]) {
        const dir = one.openat(AT_FDCWD, fromUtf8(folder), O_PATH | O_DIRECTORY);
        const name = `in-${one === own ? 'own' : 'launcher'}`;
        one.mkdirat(dir, fromUtf8(name), 0o755);
        const found = one.lookBeneathAll(dir, [fromUtf8(name), '.'])!;
        t.deepEqual(
          found.map(({ type }) => type),
          ['directory', 'directory'],
        );
        t.not(found[0]!.fd, found[1]!.fd);
        t.is(one.lookBeneathAll(dir, [fromUtf8(name), fromUtf8('absent'), '.']), undefined);
        t.deepEqual(one.lookBeneathAll(dir, []), []);
      }
    }),
  );

  test.serial('what may be made later is made before the next call, whose results it does not shift', (t) =>
    withLauncher(({ launcher: { calls }, folder }) => {
      const dir = calls.openat(AT_FDCWD, fromUtf8(folder), O_PATH | O_DIRECTORY);
      calls.later(() => calls.mkdirat(dir, fromUtf8('first'), 0o755));
      calls.later(() => calls.mkdirat(dir, fromUtf8('second'), 0o755));
      const made = calls.makeEntry(dir, fromUtf8('third'), 'dir');
      t.is(made.found.type, 'directory');
      t.is(calls.status(made.found.fd).type, 'directory');
      for (const name of ['first', 'second']) t.is(calls.lookAt(dir, fromUtf8(name))?.type, 'directory');
      calls.later(() => calls.unlinkat(dir, fromUtf8('absent'), 0));
      const error = t.throws(() => calls.together(() => calls.mkdirat(dir, fromUtf8('fourth'), 0o755)));
      t.is(error?.message, 'unlinkat: ENOENT');
      t.is(calls.lookAt(dir, fromUtf8('fourth')), undefined);
    }),
  );

  test.serial('bytes of any length reach it, and it becomes the command with them', (t) =>
    withLauncher(({ own, launcher: { pid, calls }, folder }) => {
      const content = Buffer.alloc(300_000, 'content ');
      const file = calls.openat(AT_FDCWD, fromUtf8(join(folder, 'file')), O_WRONLY | O_CREAT, 0o644);
      calls.write(file, content);
      t.true(readFileSync(join(folder, 'file')).equals(content));
      calls.dup(calls.openat(AT_FDCWD, fromUtf8(join(folder, 'out')), O_WRONLY | O_CREAT, 0o644), 1);
      calls.dup(calls.openat(AT_FDCWD, fromUtf8('/dev/null'), O_RDONLY), 0);
      calls.together(() => {
        calls.resetSignals();
        calls.keepOnlyStandardDescriptors();
      });
      const long = 'x'.repeat(100_000);
      calls.execve(fromUtf8('/bin/sh'), ['sh', '-c', 'echo "$1 $V"; exit 3', 'sh', long], [`V=${long}`]);
      t.deepEqual(own.reap(pid, { isAwaited: true }), { code: 3, signal: null });
      t.is(readFileSync(join(folder, 'out'), 'latin1'), `${long} ${long}\n`);
    }),
  );

  test.serial('a command that cannot be executed leaves the launcher there', (t) =>
    withLauncher(({ launcher: { calls } }) => {
      const error = t.throws(() => calls.execve(fromUtf8('/absent'), ['absent'], []));
      t.true(isSystemCallError(error, 'ENOENT'));
      t.is(calls.typeOf(fromUtf8('/')), 'directory');
      t.is(calls.typeOf(fromUtf8('/absent')), undefined);
    }),
  );

  test.serial('a launcher that was killed is an error, and its signal is known', (t) =>
    withLauncher(({ own, launcher: { pid, calls } }) => {
      process.kill(pid, 'SIGKILL');
      t.deepEqual(own.reap(pid, { isAwaited: true }), { code: null, signal: 9 });
      const error = t.throws(() => calls.umask(0), { instanceOf: TsbuildError });
      t.is(error?.code, 'SANDBOX_FAILED');
    }),
  );
}
