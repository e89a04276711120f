// A start that is interrupted leaves nothing but the container that was created.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { busyboxSpace, testWithBusybox } from '../support/busybox-image.js';
import { projectRoot } from '../support/project-root.js';

testWithBusybox('^C while its network is waited for leaves no process, mount or address', async (t) => {
  const { told, space } = await busyboxSpace(t);
  await told('network', 'create', 'own');
  const containers = join(space.store, 'local', 'v1', 'containers');
  const network = readdirSync(join(containers, 'networks')).find((name) => /^[0-9a-f]{64}$/.test(name)) ?? '';
  const lock = join(containers, 'networks', network, 'lock');
  for (const options of [['--rm'], ['-d', '--name', 'kept']]) {
    const holder = await holdLock(lock);
    const words = ['run', ...options, '--network', 'own', 'box:1', 'sleep', '600'];
    const command = spawn(process.execPath, [join(projectRoot, 'bin', 'tsbuild.js'), ...words], {
      env: {
        PATH: process.env['PATH'],
        HOME: space.store,
        TSBUILD_ROOT: space.store,
        XDG_CACHE_HOME: '/dev/null',
      },
      stdio: 'ignore',
    });
    await untilWaitedFor(lock, command);
    command.kill('SIGINT');
    const [code] = (await once(command, 'exit')) as [number | null];
    t.is(code, 130);
    holder.kill();
    await once(holder, 'exit');
    while (processesNaming(space.store).length > 0) await sleep(20);
    t.notRegex(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(space.store));
    t.regex(await told('network', 'inspect', 'own'), /"Containers": \{\}/);
  }
  t.is(await told('ps', '-a', '--format', '{{.Names}} {{.State}}'), 'kept created\n');
  await told('start', 'kept');
  await told('rm', '-f', 'kept');
});

async function holdLock(path: string): Promise<ChildProcess> {
  const holder = spawn('flock', ['-o', path, 'sh', '-c', 'echo held; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(holder.stdout!, 'data');
  return holder;
}

/** Until another process than the holder has the file open. */
async function untilWaitedFor(path: string, command: ChildProcess): Promise<void> {
  while (command.exitCode === null && processesHaving(path).length < 2) await sleep(10);
}

function processesHaving(path: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
    } catch {
      // It has ended, or closed one.
      return false;
    }
  });
}

function processesNaming(text: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
    } catch {
      // It has ended.
      return false;
    }
  });
}
