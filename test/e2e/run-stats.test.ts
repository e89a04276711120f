// What `stats` tells of containers.
import { busyboxSpace, testWithBusybox } from '../support/busybox-image.js';
import { findOrdinaryUser } from '../support/ordinary-user.js';

testWithBusybox('stats has the columns of docker, and says how it measures', async (t) => {
  const { told, run } = await busyboxSpace(t, {
    user: process.getuid?.() === 0 ? findOrdinaryUser() : undefined,
  });
  const start = (name: string, ...rest: readonly string[]) =>
    told('run', '-d', '--name', name, '--network', 'none', ...rest);
  await start('busy', 'box:1', 'sh', '-c', 'sleep 600 & while :; do :; done');
  await start('idle', '--pid', 'host', 'box:1', 'sleep', '600');
  await told('create', '--name', 'made', 'box:1');
  const { code, stdout, stderr } = await run('stats', '--no-stream');
  t.is(code, 0);
  t.regex(stderr, /note: measured by the processes in \/proc/);
  const [titles = '', ...lines] = stdout.toString().trim().split('\n');
  t.regex(titles, /^CONTAINER ID +NAME +CPU % +MEM USAGE \/ LIMIT +MEM % +NET I\/O +BLOCK I\/O +PIDS$/);
  t.is(lines.length, 2);
  const rows = (await told('stats', '--no-stream', '-a', '--format', 'json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
  const named = new Map(rows.map((row) => [row['Name'], row]));
  t.deepEqual([...named.keys()].sort(), ['busy', 'idle', 'made']);
  t.true(Number.parseFloat(named.get('busy')!['CPUPerc']!) > 1);
  t.is(named.get('busy')!['PIDs'], '2');
  t.is(named.get('idle')!['PIDs'], '1');
  t.regex(named.get('busy')!['MemUsage']!, /^\d+(\.\d+)?[KM]iB \/ \d+(\.\d+)?[GT]iB$/);
  t.like(named.get('made'), { CPUPerc: '0.00%', MemUsage: '0B / 0B', PIDs: '0' });
  t.is(await told('stats', '--no-stream', '--format', '{{.Name}} {{.NetIO}}', 'idle'), 'idle 0B / 0B\n');
  t.regex((await run('stats', 'absent')).stderr, /No such container: absent/);
});
