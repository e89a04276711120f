// Containers whose parts are killed, and what is left when the last one has ended.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { busyboxSpace, testWithBusybox } from '../support/busybox-image.js';

testWithBusybox('a killed monitor takes its container along; the anchor ends last', async (t) => {
  const { told, space } = await busyboxSpace(t);
  const start = (name: string, ...options: readonly string[]) =>
    told('run', '-d', '--name', name, '--network', 'none', ...options, 'box:1', 'sleep', '600');
  const id = (await start('first')).trim();
  await start('second', '--cap-add', 'SYS_ADMIN');
  const containers = join(space.store, 'local', 'v1', 'containers');
  const state = JSON.parse(readFileSync(join(containers, 'c', id, 'state.json'), 'utf8')) as {
    readonly main: { readonly pid: number };
    readonly monitor: { readonly pid: number };
  };
  process.kill(state.monitor.pid, 'SIGKILL');
  t.regex(await told('ps', '-a', '--filter', 'name=first'), /Exited \(137\)/);
  t.is(await told('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'first'), 'exited 137\n');
  while (isRunning(state.main.pid)) await sleep(20);
  await told('exec', 'second', 'mount', '-t', 'tmpfs', 'none', '/dev');
  t.true(existsSync(join(containers, 'anchor.json')));
  await told('rm', '-f', 'first', 'second');
  t.false(existsSync(join(containers, 'anchor.json')));
  t.regex(await told('events', '--since', '10m', '--until', '0s'), /container start [^]*container die /);
});

/** One that has ended but was not reaped does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
