// Ways out of a root without namespaces, on each level of what the kernel has against them: all of Landlock, Landlock
// without scopes (before Linux 6.12), no Landlock. SECURITY.md has what is promised.
import test, { type ExecutionContext } from 'ava';
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chrootRung } from '../../src/worker/front/chroot-rung.js';
import type { MountSpec } from '../../src/worker/sandbox.js';
import type { SandboxSettings } from '../../src/sandbox/sandbox-settings.js';
import { openWorkerSandbox } from '../../src/worker/front/worker-sandbox.js';
import { givingProgram, takingProgram } from '../support/descriptor-programs.js';
import { landlockVersion } from '../support/landlock-version.js';
import { testNeeding } from '../support/requirements.js';
import { file, program } from '../support/sandbox-rootfs.js';
import { openWorld, type SandboxDriver, type World } from '../support/sandbox-world.js';
import { watchOutside } from '../support/sentinel.js';
import { cString, syscallProgram } from '../support/syscall-program.js';
import { tempDir } from '../support/temp-store.js';

const VERSION = await landlockVersion();
const LEVELS = { 'all of Landlock': 6, 'no scopes': 5, 'no Landlock': 0 } as const;
type Level = keyof typeof LEVELS;

const [EPERM, EACCES] = [1, 13];
const UP = '../'.repeat(40);
/** What timeout(1) of busybox gives for a program that it ended. */
const ENDED = 143;

/** Marks programs of this run. */
let count = 0;
const uniqueName = (what: string): string => `tsb-${what}-${process.pid}-${count++}`;

async function openAt(t: ExecutionContext, level: Level): Promise<World> {
  const settings: SandboxSettings = { landlock: LEVELS[level] };
  const { signal } = new AbortController();
  const driver: SandboxDriver = {
    name: 'chroot',
    defaults: { network: 'host' },
    open: (paths) => openWorkerSandbox({ rung: chrootRung, paths, settings, signal }),
  };
  const world = await openWorld(driver);
  t.teardown(() => world.close());
  return world;
}

const isPossible = process.platform === 'linux' && process.arch === 'x64';

function escape(
  title: string,
  levels: readonly Level[],
  run: (t: ExecutionContext, level: Level) => Promise<void>,
): void {
  for (const level of levels) {
    const label = `${title} [${level}]`;
    if (!isPossible || LEVELS[level] > VERSION) test.skip(label, (t) => void t.pass());
    else testNeeding('root', 'busybox')(label, (t) => run(t, level), { isSerial: true });
  }
}

const ALL = Object.keys(LEVELS) as Level[];
const BOUND = ['all of Landlock', 'no scopes'] as const;
const SERIAL = ['no scopes', 'no Landlock'] as const;

/** Processes whose command line has the text. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(text));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It ended while the list was read.
    return '';
  }
}

async function untilNone(find: () => readonly string[]): Promise<readonly string[]> {
  for (let look = 0; look < 50 && find().length > 0; look++) await sleep(100);
  return find();
}

escape('chroot: two builds of different stores hand no descriptor to each other', ALL, async (t, level) => {
  const outside = watchOutside(t);
  const name = uniqueName('hand');
  const taking = takingProgram(name, `${UP}${outside.directory}/secret`);
  const worlds = await Promise.all([openAt(t, level), openAt(t, level)]);
  const [giver, taker] = await Promise.all(
    worlds.map((w) => w.on([program('give', givingProgram(name)), program('take', taking)])),
  );
  const [gave, took] = await Promise.all([
    worlds[0].run('for i in $(seq 20); do /give; echo $?; sleep 0.1; done', { layers: giver! }),
    worlds[1].run('timeout 3 /take; echo $?', { layers: taker! }),
  ]);
  t.is(took.stdout.trim().split('\n').at(-1), String(ENDED));
  // Refused, or nobody is there.
  const statuses = new Set(gave.stdout.trim().split('\n'));
  if (level === 'all of Landlock') t.true(statuses.has(String(EPERM)), gave.stdout);
  t.false(statuses.has('0'));
  outside.verify(t, [], [gave.stdout, took.stdout]);
});

escape('chroot: stages of one build hand no descriptor to each other', ALL, async (t, level) => {
  const outside = watchOutside(t);
  const name = uniqueName('stage');
  const w = await openAt(t, level);
  const taking = takingProgram(name, `${UP}${outside.directory}/secret`);
  const layers = await w.on([program('give', givingProgram(name)), program('take', taking)]);
  const [gave, took] = await Promise.all([
    w.run('for i in $(seq 20); do /give; echo $?; sleep 0.1; done', { layers }),
    w.run('timeout 3 /take; echo $?', { layers }),
  ]);
  t.is(took.stdout.trim().split('\n').at(-1), String(ENDED));
  t.notRegex(gave.stdout, /^0$/m);
});

escape('chroot: a descriptor from somebody outside opens nothing outside', BOUND, async (t, level) => {
  const outside = watchOutside(t);
  const name = uniqueName('open');
  const w = await openAt(t, level);
  const layers = await w.on([program('take', takingProgram(name, `.${outside.directory}/secret`))]);
  const accomplice = join(tempDir(t), 'give');
  writeFileSync(accomplice, givingProgram(name));
  chmodSync(accomplice, 0o755);
  const running = w.run('timeout 10 /take; echo $?', { layers });
  let gave: number | null = null;
  for (let i = 0; i < 80 && gave !== 0; i++) {
    gave = spawnSync(accomplice).status;
    await sleep(50);
  }
  t.is(gave, 0);
  t.is((await running).stdout, `${EACCES}\n`);
});

escape('chroot: within a step descriptors, links and signals work', ALL, async (t, level) => {
  const name = uniqueName('own');
  const w = await openAt(t, level);
  const layers = await w.on([
    program('give', givingProgram(name)),
    program('take', takingProgram(name, 'bin/busybox')),
  ]);
  const command =
    '/take & pid=$!; until /give 2>/dev/null; do sleep 0.05; done; wait $pid; echo $?; ' +
    'mkdir /a /b; echo x > /a/f; ln /a/f /b/g; mv /a/f /b/f; mv /b /a/b; cat /a/b/f; : > /a/b/g; ' +
    'sleep 100 & kill -9 $!; wait $!; echo $?; echo y > /dev/null; head -c 1 /dev/zero | wc -c';
  t.is((await w.run(command, { layers })).stdout, '0\nx\n137\n1\n');
});

escape('chroot: steps of all builds run one at a time, and the build says so', SERIAL, async (t, level) => {
  const worlds = await Promise.all([openAt(t, level), openAt(t, level)]);
  const seen: string[] = [];
  await Promise.all(
    worlds.flatMap((w, i) =>
      ['x', 'y'].map((step) =>
        w.run(`echo; sleep 0.3; echo end`, {
          onOutput: (text) => void seen.push(`${i}${step} ${text.includes('end') ? 'end' : 'begin'}`),
        }),
      ),
    ),
  );
  t.is(seen.length, 8);
  for (let i = 0; i < seen.length; i += 2)
    t.deepEqual([seen[i]!.slice(2), seen[i + 1]], [' begin', `${seen[i]!.slice(0, 2)} end`]);
  const { note } = worlds[0].sandbox as { readonly note?: string };
  t.regex(note ?? '', /^steps run one at a time over all builds of this machine/);
});

const cache: MountSpec = {
  type: 'cache',
  target: '/cache',
  id: 'chain',
  sharing: 'shared',
  isReadonly: false,
  mode: 0o755,
  uid: 0,
  gid: 0,
  isReset: false,
};

escape('chroot: a chain of processes, each of which starts the next and ends', ALL, async (t, level) => {
  const name = uniqueName('chain');
  const w = await openAt(t, level);
  const links = `#!/bin/sh\n[ "$1" -gt 0 ] && /${name} $(($1 - 1)) &\n`;
  const layers = await w.on([file(name, links, { mode: 0o755 })]);
  const started = Date.now();
  const { exitCode } = await w.run(`cd /cache; for i in 1 2 3; do setsid /${name} 20000; done; sleep 0.3`, {
    layers,
    mounts: [cache],
  });
  t.is(exitCode, 0);
  t.deepEqual(processesWith(`/${name}`), []);
  t.true(Date.now() - started < 20_000);
  t.is((await w.run('ls /cache', { mounts: [cache] })).stdout, '');
});

escape('chroot: a step that wants to end the worker', ['all of Landlock'], async (t, level) => {
  const limit = Buffer.alloc(16);
  limit.writeBigUInt64LE(1n, 0);
  limit.writeBigUInt64LE(1n, 8);
  const [GETPPID, PRLIMIT, RLIMIT_CPU] = [110, 302, 0];
  const w = await openAt(t, level);
  const layers = await w.on([
    program(
      'limit',
      syscallProgram([
        { number: GETPPID },
        { number: PRLIMIT, args: [{ resultOf: 0 }, RLIMIT_CPU, limit, cString('')] },
      ]),
    ),
  ]);
  const { stdout } = await w.run(
    'trap "" TERM; kill -9 $PPID; echo $?; kill -9 -1; kill -TERM -$PPID; echo $?; exec /limit',
    { layers },
  );
  t.is(stdout, '1\n1\n');
  t.is((await w.run('exec /limit', { layers })).exitCode, EPERM);
  t.is((await w.run('echo still here')).stdout, 'still here\n');
});

const SECRET = 'a-secret-that-must-not-stay';

/** Names of files below that hold the secret. */
function filesWithSecret(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => {
    const path = join(directory, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() === true && readFileSync(path).includes(SECRET);
  });
}

escape('chroot: kill -9 of the worker leaves no secret and no process of the step', ALL, async (t, level) => {
  const w = await openAt(t, level);
  const name = uniqueName('left');
  const trees = join(w.store.paths.local, 'trees-plain');
  const layers = await w.on([file(name, '#!/bin/sh\nsleep 1000\n', { mode: 0o755 })]);
  // A session of its own is found by Landlock's domain alone.
  const survivor = level === 'all of Landlock' ? `setsid /${name} &` : '';
  const mounts: MountSpec[] = [
    { type: 'secret', target: '/run/secrets/a', data: Buffer.from(SECRET), mode: 0o400, uid: 0, gid: 0 },
    { type: 'secret', target: '/run/secrets/b', data: Buffer.from(SECRET), mode: 0o400, uid: 0, gid: 0 },
  ];
  let held: string[] = [];
  const running = w.run(
    `${survivor} /${name} & (exec /${name}) & mkdir /kept; mv /run/secrets/b /kept/b; cat /run/secrets/a; wait`,
    {
      layers,
      mounts,
      onOutput(text) {
        if (!text.includes(SECRET) || held.length > 0) return;
        held = filesWithSecret(trees);
        process.kill(workerOf(processesWith(`/${name}`)[0] ?? 'none'), 'SIGKILL');
      },
    },
  );
  await t.throwsAsync(running);
  t.is(held.length, 2);
  t.deepEqual(await untilNone(() => filesWithSecret(trees)), []);
  t.deepEqual(await untilNone(() => processesWith(`/${name}`)), []);
});

/** The parent of the first process of the step. */
function workerOf(pid: string): number {
  for (let at = pid; ;) {
    const status = readFileSync(`/proc/${at}/status`, 'utf8');
    const parent = /^PPid:\t(\d+)$/m.exec(status)?.[1] ?? '0';
    if (/^Name:\t(node|MainThread)$/m.test(readFileSync(`/proc/${parent}/status`, 'utf8')))
      return Number(parent);
    at = parent;
  }
}
