// What follows the end of a container, whoever notices it: its monitor is killed, it is stopped while it waits.
import type { ExecutionContext } from 'ava';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { busyboxSpace, testWithBusybox } from '../support/busybox-image.js';

interface Known {
  readonly pid: number;
  readonly startTime: string;
}

interface RunState {
  readonly main: Known;
  readonly monitor: Known;
  readonly finisher?: Known;
  readonly restartCount: number;
}

async function crashSpace(t: ExecutionContext) {
  const made = await busyboxSpace(t);
  const containers = join(made.space.store, 'local', 'v1', 'containers');
  const read = (id: string, name: string) => {
    try {
      return JSON.parse(readFileSync(join(containers, 'c', id, name), 'utf8')) as unknown;
    } catch (error) {
      // A run that begins takes away what the last one left.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  const stateOf = (id: string) => read(id, 'state.json') as RunState;
  return {
    ...made,
    containers,
    stateOf,
    nextOf: (id: string) => (read(id, 'finished.json') as { next?: { delayMs: number } } | undefined)?.next,
    async start(...options: readonly string[]) {
      return (await made.told('run', '-d', ...options)).trim();
    },
    async killMonitor(id: string) {
      const { main, monitor } = stateOf(id);
      process.kill(monitor.pid, 'SIGKILL');
      while (isRunning(main.pid)) await sleep(5);
    },
    async countOf(action: string) {
      const events = await made.told(
        'events',
        '--since',
        '10m',
        '--until',
        '0s',
        '--filter',
        `event=${action}`,
      );
      return events.split('\n').filter(Boolean).length;
    },
  };
}

testWithBusybox('of two commands that find a killed monitor one removes the container', async (t) => {
  const { told, start, killMonitor, countOf } = await crashSpace(t);
  const id = await start(
    '--rm',
    '--name',
    'gone',
    '--network',
    'none',
    '-v',
    '/data',
    'box:1',
    'sleep',
    '600',
  );
  await killMonitor(id);
  await Promise.all([told('ps', '-a'), told('ps', '-a'), told('events', '--until', '0s')]);
  t.is(await told('ps', '-aq'), '');
  t.is(await told('volume', 'ls', '-q'), '');
  t.is(await countOf('die'), 1);
  t.is(await countOf('destroy'), 1);
});

testWithBusybox('a container whose monitor was killed is started again by its policy, once', async (t) => {
  const { told, start, stateOf, killMonitor, countOf } = await crashSpace(t);
  const options = ['--restart', 'always', '--network', 'none', 'box:1', 'sleep', '600'];
  const id = await start('--name', 'again', ...options);
  const other = await start('--name', 'other', '--network', 'none', 'box:1', 'sleep', '600');
  await killMonitor(id);
  await Promise.all([told('ps', '-a'), told('ps', '-a')]);
  while (stateOf(id)?.restartCount !== 1) await sleep(20);
  t.is(await told('inspect', '-f', '{{.State.Status}} {{.RestartCount}}', 'again'), 'running 1\n');
  t.is(await countOf('die'), 1);
  t.is(await countOf('start'), 3);
  // Both are in the user namespace of all containers.
  const namespaces = [id, other].map((one) => readlinkSync(`/proc/${stateOf(one).monitor.pid}/ns/user`));
  t.is(namespaces[0], namespaces[1]);
  await told('exec', 'again', 'true');
  await killMonitor(id);
  await told('rm', 'again');
  t.is(await countOf('die'), 2);
});

testWithBusybox('the end by a killed monitor frees the address on a user network', async (t) => {
  const { told, start, killMonitor } = await crashSpace(t);
  await told('network', 'create', 'own');
  const id = await start(
    '--name',
    'first',
    '--network',
    'own',
    '--ip',
    await addressIn(told),
    'box:1',
    'sleep',
    '600',
  );
  await killMonitor(id);
  await told('ps');
  await start('--name', 'second', '--network', 'own', '--ip', await addressIn(told), 'box:1', 'sleep', '600');
  t.regex(await told('network', 'inspect', 'own'), /second/);
  t.notRegex(await told('network', 'inspect', 'own'), /first/);
  t.regex(await told('ps', '-a', '--filter', 'name=first'), /Exited \(137\)/);
});

testWithBusybox('a long wait for a restart is no Node, and a stop ends it', async (t) => {
  const { told, start, stateOf, nextOf, countOf, run } = await crashSpace(t);
  const id = await start('--name', 'loop', '--restart', 'always', '--network', 'none', 'box:1', 'false');
  while ((nextOf(id)?.delayMs ?? 0) < 3200) await sleep(20);
  const waiting = stateOf(id).monitor.pid;
  while (!/restarts loop later/.test(readFileSync(`/proc/${waiting}/cmdline`, 'utf8'))) await sleep(5);
  const [, pages] = readFileSync(`/proc/${waiting}/statm`, 'utf8').split(' ');
  t.true(Number(pages) < 25, `it has ${pages} pages`);
  t.regex(await told('ps'), /Restarting \(1\)/);
  const refused = await run('rm', 'loop');
  t.regex(refused.stderr, /restarting container/);
  const count = stateOf(id).restartCount;
  await told('stop', 'loop');
  t.false(isRunning(waiting));
  t.is(await told('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'loop'), 'exited 1\n');
  t.is(await countOf('stop'), 1);
  t.is(stateOf(id).restartCount, count);
  await told('start', 'loop');
  while (nextOf(id) === undefined) await sleep(5);
  await told('rm', '-f', 'loop');
  t.is(await told('ps', '-aq'), '');
});

testWithBusybox(
  'who waits for a restart is killed: the next one that looks starts the container',
  async (t) => {
    const { told, start, stateOf, nextOf } = await crashSpace(t);
    const id = await start(
      '--name',
      'loop',
      '--restart',
      'on-failure',
      '--network',
      'none',
      'box:1',
      'false',
    );
    while ((nextOf(id)?.delayMs ?? 0) < 1600) await sleep(20);
    const { restartCount, monitor } = stateOf(id);
    process.kill(monitor.pid, 'SIGKILL');
    while (isRunning(monitor.pid)) await sleep(5);
    t.regex(await told('ps', '-a'), /Restarting \(1\)/);
    while ((stateOf(id)?.restartCount ?? 0) <= restartCount) await sleep(20);
    await told('kill', 'loop');
    t.is(await told('inspect', '-f', '{{.State.Status}}', 'loop'), 'exited\n');
  },
);

testWithBusybox('the command that follows does not wait for a restart', async (t) => {
  const { run, told } = await crashSpace(t);
  const options = ['--name', 'loop', '--restart', 'always', '--network', 'none'];
  const { code } = await run(
    'run',
    ...options,
    'box:1',
    'sh',
    '-c',
    '[ -e /ran ] && sleep 600; touch /ran; exit 7',
  );
  t.is(code, 7);
  while (!/ Up /.test(await told('ps'))) await sleep(50);
  t.is(await told('inspect', '-f', '{{.RestartCount}}', 'loop'), '1\n');
});

/** The same each time. */
async function addressIn(told: (...args: readonly string[]) => Promise<string>): Promise<string> {
  const [subnet = ''] = /\d+\.\d+\.\d+\./.exec(await told('network', 'inspect', 'own')) ?? [];
  return `${subnet}77`;
}

/** One that has ended but was not reaped does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
