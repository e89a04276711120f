import test from 'ava';
import { mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromUtf8 } from '../../../../src/core/bytes.js';
import { loadSyscalls, type OwnSystemCalls } from '../../../../src/host/syscalls/system-calls.js';
import { initMessage } from '../../../../src/sandbox/monitor/init-message.js';
import { FIRST_OWN, launcherStarter } from '../../../../src/sandbox/launcher/start-launcher.js';

interface World {
  readonly own: OwnSystemCalls;
  /** Of the init. */
  readonly pid: number;
  output(): string;
}

/** An init whose child executes the script. As root it is PID 1 of a namespace, else an ordinary process. */
async function withInit(script: string, work: (world: World) => Promise<void>): Promise<void> {
  const own = await loadSyscalls();
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-init-'));
  const map = [{ inside: 0, outside: 100_000, count: 1000 }];
  const ownership = process.getuid?.() === 0 ? { ownership: { map } } : {};
  try {
    const output = join(folder, 'output');
    const starter = launcherStarter(own, { directory: folder, ...ownership });
    const { pid, calls, order, close } = starter.start([openSync(output, 'a')]);
    const child = order(initMessage());
    if (process.getuid?.() === 0) assertSecond(child);
    calls.together(() => {
      calls.startSession();
      calls.dup(FIRST_OWN, 1);
      calls.dup(FIRST_OWN, 2);
      calls.resetSignals();
      calls.keepOnlyStandardDescriptors();
    });
    calls.execve(fromUtf8('/bin/sh'), ['sh', '-c', script], ['PATH=/usr/bin:/bin']);
    close();
    await work({ own, pid, output: () => readFileSync(output, 'utf8') });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function assertSecond(pid: number): void {
  if (pid !== 2) throw new Error(`the child of an init is ${pid}`);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}

if (process.platform === 'linux') {
  test.serial('an init ends with the code of its child, and has no descriptor', (t) =>
    withInit('echo ready; sleep 0.2; exit 6', async ({ own, pid, output }) => {
      await until(() => output() === 'ready\n');
      t.deepEqual(readdirSync(`/proc/${pid}/fd`), []);
      t.deepEqual(own.reap(pid, { isAwaited: true }), { code: 6, signal: null });
    }),
  );

  test.serial('an init ends with 128 and the number of the signal that ended its child', (t) =>
    withInit('kill -s KILL $$', async ({ own, pid }) => {
      t.deepEqual(own.reap(pid, { isAwaited: true }), { code: 137, signal: null });
    }),
  );

  test.serial('an init passes signals on, which its child has at their defaults', (t) =>
    withInit(
      "trap 'echo got' HUP; trap 'exit 7' USR1; grep Sig[BI] /proc/self/status; echo ready; while :; do sleep 0.01; done",
      async ({ own, pid, output }) => {
        await until(() => output().includes('ready'));
        t.deepEqual(output().match(/[1-9]/g), null);
        process.kill(pid, 'SIGHUP');
        await until(() => output().includes('got'));
        process.kill(pid, 'SIGUSR1');
        t.deepEqual(own.reap(pid, { isAwaited: true }), { code: 7, signal: null });
      },
    ),
  );

  test.serial('a child without a handler is ended by a signal to its init', (t) =>
    withInit('echo ready; exec sleep 100', async ({ own, pid, output }) => {
      await until(() => output().includes('ready'));
      process.kill(pid, 'SIGTERM');
      t.deepEqual(own.reap(pid, { isAwaited: true }), { code: 143, signal: null });
    }),
  );

  test.serial('an init reaps what its child leaves behind', (t) =>
    withInit(
      'for i in 1 2 3 4 5; do (sleep 0.05 & ); done; sleep 0.3; echo ready; sleep 0.2; exit 0',
      async ({ own, pid, output }) => {
        await until(() => output().includes('ready'));
        if (process.getuid?.() === 0)
          t.deepEqual(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').length, 1);
        t.deepEqual(own.reap(pid, { isAwaited: true }), { code: 0, signal: null });
      },
    ),
  );
}
