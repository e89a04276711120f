// The machine code for arm64 executed on x64, by an emulator that knows enough of the system calls.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromUtf8 } from '../../../../src/core/bytes.js';
import { loadSyscalls, type OwnSystemCalls } from '../../../../src/host/syscalls/system-calls.js';
import { launcherProgram } from '../../../../src/sandbox/launcher/launcher-code.js';
import { makeMessage, restMessage } from '../../../../src/sandbox/launcher/make-message.js';
import {
  launcherOf,
  makeServant,
  NO_NAMESPACE,
  SIGCHLD,
  type Launcher,
} from '../../../../src/sandbox/launcher/start-launcher.js';
import { initMessage } from '../../../../src/sandbox/monitor/init-message.js';
import { monitorMessage } from '../../../../src/sandbox/monitor/monitor-message.js';
import { placeProgram } from '../../../../src/sandbox/monitor/place-program.js';
import { PROBE_CALLS, probeMessage } from '../../../../src/sandbox/monitor/probe-message.js';
import { testNeeding } from '../../../support/requirements.js';
import { outputOf, readRecords, statusIn } from './monitored.js';

/** Of launchers: channels of children, a pipe, the folder, the file `log`. */
const [CHANNELS, READ_END, WRITE_END, FOLDER, LOG] = [[4, 5], 6, 7, 8, 9] as const;

const MS = 1_000_000n;
const O_NONBLOCK = 0o4000;

const testEmulated = testNeeding('qemu');

const ownCalls = loadSyscalls().then((calls) => {
  calls.adoptOrphans();
  // From now on launchers are told the numbers of their machine.
  Object.defineProperty(process, 'arch', { value: 'arm64' });
  return calls;
});

interface World {
  readonly own: OwnSystemCalls;
  readonly folder: string;
  /** With the descriptors below. */
  readonly launcher: Launcher;
  /** Made by it, and adopted by this process. */
  makeChild(): Launcher;
  file(name: string): Buffer;
}

async function withEmulated(work: (world: World) => Promise<void>): Promise<void> {
  const own = await ownCalls;
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-arm64-'));
  const opened: number[] = [];
  try {
    const program = join(folder, 'launcher');
    writeFileSync(program, launcherProgram('arm64'), { mode: 0o700 });
    const [channel, its] = own.socketPair();
    const { readEnd, writeEnd } = own.pipe();
    const channels = CHANNELS.map((number) => [number, ...own.socketPair()] as const);
    const given = [
      its,
      ...channels.map(([, , end]) => end),
      readEnd,
      writeEnd,
      openSync(folder, 'r'),
      openSync(join(folder, 'log'), 'a'),
    ];
    opened.push(...given);
    spawn('qemu-aarch64-static', [program], { stdio: ['ignore', 'inherit', 'inherit', ...given] });
    const launcher = emulated(channel);
    for (const fd of opened.splice(0)) closeSync(fd);
    await work({
      own,
      folder,
      launcher,
      makeChild() {
        const [number, channel] = channels.shift()!;
        return makeChild(launcher, { number, channel });
      },
      file: (name) => readFileSync(join(folder, name)),
    });
    launcher.close();
  } finally {
    opened.forEach((fd) => closeSync(fd));
    rmSync(folder, { recursive: true });
  }
}

/** The emulator does not know CLONE_PARENT: its parent ends, and this process adopts it. */
function emulated(fd: number): Launcher {
  return launcherOf(makeServant(fd, { namespace: NO_NAMESPACE, flags: SIGCHLD }));
}

function makeChild(
  { calls, order }: Launcher,
  { number, channel }: { readonly number: number; readonly channel: number },
): Launcher {
  const first = order(makeMessage(number, SIGCHLD));
  calls.close(number);
  const child = emulated(channel);
  calls.reap(first, { isAwaited: true });
  return child;
}

function becomeShell({ calls, close }: Launcher, script: string): void {
  calls.together(() => {
    calls.dup(WRITE_END, 1);
    calls.keepOnlyStandardDescriptors();
  });
  calls.execve(fromUtf8('/bin/sh'), ['sh', '-c', script], ['PATH=/usr/bin:/bin']);
  close();
}

testEmulated('on arm64 a launcher makes children, one rests', (t) =>
  withEmulated(async ({ own, makeChild }) => {
    const [first, second] = [makeChild(), makeChild()];
    becomeShell(first, 'exit 5');
    t.deepEqual(own.reap(first.pid, { isAwaited: true }), { code: 5, signal: null });
    second.tell(restMessage());
    second.close();
    await sleep(100);
    t.is(own.reap(second.pid), undefined);
    process.kill(second.pid, 'SIGKILL');
    t.deepEqual(own.reap(second.pid, { isAwaited: true }), { code: null, signal: 9 });
  }),
);

testEmulated('on arm64 a launcher monitors a command', (t) =>
  withEmulated(async ({ launcher, makeChild, file, folder }) => {
    const command = makeChild();
    const lines = Array.from({ length: 3000 }, (_, i) => `${i}\n`).join('');
    becomeShell(command, 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; exit 9');
    launcher.calls.close(WRITE_END);
    const program = placeProgram(launcher, {
      path: '/bin/sh',
      argv: ['sh', '-c', `echo $V >${folder}/finished`],
      env: ['V=value'],
    });
    launcher.tell(
      monitorMessage({
        output: READ_END,
        process: launcher.calls.openProcess(command.pid),
        directory: FOLDER,
        log: LOG,
        logSize: 0,
        logLimit: 100_000,
        clients: [],
        firstFinishes: false,
        program,
      }),
    );
    while (!existsSync(join(folder, 'finished')) || file('finished').length === 0) await sleep(5);
    t.is(file('finished').toString(), 'value\n');
    const records = readRecords(
      Buffer.concat([existsSync(join(folder, 'log.1')) ? file('log.1') : Buffer.of(), file('log')]),
    );
    t.is(outputOf(records).toString(), lines);
    // It is no child of the monitor.
    t.deepEqual(statusIn(records.at(-1)!.data), [0, 0]);
    t.deepEqual(statusIn(file('exit')), [0, 0]);
  }),
);

testEmulated('on arm64 a launcher is an init', (t) =>
  withEmulated(async ({ own, makeChild, folder }) => {
    const init = makeChild();
    t.true(init.order(initMessage()) > 0);
    becomeShell(init, `trap 'exit 7' USR1; echo >${folder}/ready; while :; do sleep 0.01; done`);
    while (!existsSync(join(folder, 'ready'))) await sleep(5);
    process.kill(init.pid, 'SIGUSR1');
    t.deepEqual(own.reap(init.pid, { isAwaited: true }), { code: 7, signal: null });
  }),
);

testEmulated('on arm64 a launcher probes', (t) =>
  withEmulated(async ({ launcher, makeChild, file }) => {
    const container = makeChild();
    becomeShell(container, 'sleep 100');
    const { calls } = launcher;
    calls.setStatusFlags(READ_END, O_NONBLOCK);
    const recorded = launcher.record((into) => {
      into.dup(WRITE_END, 1);
      into.keepOnlyStandardDescriptors();
      into.execve(fromUtf8('/bin/sh'), ['sh', '-c', 'echo out; exit 3'], []);
    }, PROBE_CALLS);
    launcher.tell(
      probeMessage({
        interval: 20n * MS,
        startInterval: 20n * MS,
        startPeriod: 0n,
        timeout: 10_000n * MS,
        container: calls.openProcess(container.pid),
        output: READ_END,
        file: LOG,
        fileSize: 0,
        directory: FOLDER,
        calls: recorded,
      }),
    );
    while (file('log').length < 3 * 28) await sleep(5);
    for (const at of [0, 28]) {
      t.is(file('log').readInt32LE(at + 16), 3);
      t.is(file('log').toString('latin1', at + 24, at + 28), 'out\n');
    }
    process.kill(container.pid, 'SIGKILL');
  }),
);
