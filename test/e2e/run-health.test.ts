// Health checks of containers: what `ps` and `inspect` tell of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { busyboxSpace, testWithBusybox } from '../support/busybox-image.js';
import { findOrdinaryUser } from '../support/ordinary-user.js';

interface Health {
  readonly Status: string;
  readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[];
}

testWithBusybox('health checks run in the container, as its user', async (t) => {
  const { told } = await busyboxSpace(t, { user: process.getuid?.() === 0 ? findOrdinaryUser() : undefined });
  const every = ['--health-interval', '100ms', '--health-retries', '2'];
  const start = (name: string, ...options: readonly string[]) =>
    told('run', '-d', '--name', name, '--network', 'none', ...every, ...options, 'box:1', 'sleep', '600');
  const until = async (name: string, wanted: string): Promise<Health> => {
    for (;;) {
      const health = JSON.parse(await told('inspect', '-f', '{{json .State.Health}}', name)) as Health;
      if (health.Status === wanted) return health;
      await sleep(50);
    }
  };
  await start('good', '--user', '5:6', '--health-cmd', 'echo $(id -u) $(id -g) $PPID $(hostname)');
  await start('bad', '--health-cmd', 'test -e /fine || { echo not yet; exit 3; }');
  await start('slow', '--health-cmd', 'echo begun; sleep 60', '--health-timeout', '1s');
  const good = await until('good', 'healthy');
  const id = await told('ps', '-q', '--filter', 'name=good');
  t.is(good.Log[0]!.ExitCode, 0);
  t.is(good.Log[0]!.Output, `5 6 0 ${id}`);
  const bad = await until('bad', 'unhealthy');
  t.like(bad.Log[0], { ExitCode: 3, Output: 'not yet\n' });
  const slow = await until('slow', 'unhealthy');
  t.like(slow.Log[0], { ExitCode: -1, Output: 'Health check exceeded timeout (1s): begun\n' });
  t.regex(await told('ps', '--filter', 'name=good'), /Up .* \(healthy\)/);
  await told('exec', 'bad', 'touch', '/fine');
  await until('bad', 'healthy');
  const events = (...more: readonly string[]) =>
    told('events', '--since', '10m', '--until', '0s', '--filter', 'container=bad', ...more);
  const changes = await events('--filter', 'event=health_status', '--format', '{{.Action}}');
  t.is(changes, 'health_status: unhealthy\nhealth_status: healthy\n');
  await told('stop', '-t', '0', 'bad');
  t.regex(await told('ps', '-a', '--filter', 'name=bad'), /Exited \(137\)/);
  t.is(await events('--filter', 'event=health_status', '--format', '{{.Action}}'), changes);
  const lines = (await events('--format', 'json')).trim().split('\n');
  const told3 = lines.map(
    (line) => JSON.parse(line) as { status: string; id: string; from: string; timeNano: number },
  );
  t.deepEqual(
    told3.map(({ status }) => status).filter((status) => !status.startsWith('exec_')),
    ['create', 'start', 'health_status: unhealthy', 'health_status: healthy', 'die', 'stop'],
  );
  t.true(told3.every(({ from, id: of }) => from === 'box:1' && of.length === 64));
  t.deepEqual(
    told3,
    [...told3].sort((a, b) => a.timeNano - b.timeNano),
  );
});
