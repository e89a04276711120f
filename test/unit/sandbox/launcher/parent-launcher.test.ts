import test from 'ava';
import { mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromUtf8 } from '../../../../src/core/bytes.js';
import { loadSyscalls, type OwnSystemCalls } from '../../../../src/host/syscalls/system-calls.js';
import { restMessage } from '../../../../src/sandbox/launcher/make-message.js';
import {
  launcherStarterBy,
  startParentLauncher,
  type ParentLauncher,
} from '../../../../src/sandbox/launcher/parent-launcher.js';
import { FIRST_OWN, launcherStarter } from '../../../../src/sandbox/launcher/start-launcher.js';

interface World {
  readonly own: OwnSystemCalls;
  readonly parent: ParentLauncher;
  readonly folder: string;
}

async function withParent(work: (world: World) => void | Promise<void>): Promise<void> {
  const own = await loadSyscalls();
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-parent-'));
  const parent = startParentLauncher(own, launcherStarter(own, { directory: folder }), [
    openSync('/dev/null', 'r'),
  ]);
  try {
    await work({ own, parent, folder });
  } finally {
    parent.launcher.close();
    own.reap(parent.launcher.pid, { isAwaited: true });
    rmSync(folder, { recursive: true });
  }
}

/** The fields of /proc/PID/stat behind the name of the program: state, parent, group, session, … */
function statusOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
}

if (process.platform === 'linux') {
  test.serial(
    'a launcher makes launchers that are its children, with the descriptors that they are given',
    (t) =>
      withParent(({ own, parent, folder }) => {
        const starter = launcherStarterBy(own, parent);
        const given = ['a', 'b', 'c'].map((name) => openSync(join(folder, name), 'w+'));
        const children = [starter.start(given), starter.start([]), starter.start(given.slice(1))];
        const before = readdirSync(`/proc/${parent.launcher.pid}/fd`).length;
        children.forEach(({ pid, calls }, i) => {
          t.is(statusOf(pid)[1], String(parent.launcher.pid));
          const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
          const names = [['a', 'b', 'c'], [], ['b', 'c']][i]!;
          t.deepEqual(
            links.slice(FIRST_OWN),
            names.map((name) => join(folder, name)),
          );
          if (i === 0) calls.write(FIRST_OWN + 1, Buffer.from('of b'));
        });
        t.is(readFileSync(join(folder, 'b'), 'utf8'), 'of b');
        for (const { pid, close } of children) {
          close();
          t.deepEqual(parent.launcher.calls.reap(pid, { isAwaited: true }), { code: 0, signal: null });
        }
        t.is(readdirSync(`/proc/${parent.launcher.pid}/fd`).length, before);
        parent.seal();
        parent.seal();
      }),
  );

  test.serial('a child becomes a command, and its parent has its exit status', (t) =>
    withParent(({ own, parent }) => {
      const { pid, calls } = launcherStarterBy(own, parent).start([]);
      calls.execve(fromUtf8('/bin/sh'), ['sh', '-c', 'exit 7'], []);
      t.deepEqual(parent.launcher.calls.reap(pid, { isAwaited: true }), { code: 7, signal: null });
    }),
  );

  const testNamespaces = process.getuid?.() === 0 ? test.serial : test.serial.skip;
  testNamespaces(
    'children are in a user namespace of theirs, each in a pid namespace unless it is beside',
    (t) =>
      withParent(({ own, parent }) => {
        const map = [{ inside: 0, outside: 100_000, count: 1000 }];
        const starter = launcherStarterBy(own, parent, { ownership: { map } });
        const children = [starter.start([]), starter.start([], { isBeside: true })];
        const namespaces = (name: string): string[] =>
          children.map(({ pid }) => readlinkSync(`/proc/${pid}/ns/${name}`));
        const [first, second] = namespaces('user');
        t.is(first, second);
        t.not(first, readlinkSync('/proc/self/ns/user'));
        const [inside, beside] = namespaces('pid');
        t.not(inside, beside);
        t.is(beside, readlinkSync('/proc/self/ns/pid'));
        for (const { pid, close } of children) {
          close();
          parent.launcher.calls.reap(pid, { isAwaited: true });
        }
      }),
  );

  test.serial('what is placed in a launcher is there', (t) =>
    withParent(({ parent: { launcher } }) => {
      const text = Buffer.from('placed '.repeat(30_000));
      const address = launcher.place(text);
      const memory = openSync(`/proc/${launcher.pid}/mem`, 'r');
      const read = Buffer.alloc(text.length);
      t.is(readSync(memory, read, 0, read.length, address), read.length);
      t.true(read.equals(text));
    }),
  );

  test.serial('a launcher that rests waits for a signal', async (t) =>
    withParent(async ({ own, parent }) => {
      const { pid, tell, close } = launcherStarterBy(own, parent).start([]);
      tell(restMessage());
      close();
      await sleep(50);
      t.is(statusOf(pid)[0], 'S');
      t.is(readdirSync(`/proc/${pid}/fd`).length, 3);
      for (const signal of ['SIGSTOP', 'SIGCONT'] as const) process.kill(pid, signal);
      await sleep(50);
      t.is(statusOf(pid)[0], 'S');
      process.kill(pid, 'SIGTERM');
      t.deepEqual(parent.launcher.calls.reap(pid, { isAwaited: true }), { code: null, signal: 15 });
    }),
  );
}
