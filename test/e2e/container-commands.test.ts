// The commands for containers, as a user runs them: a life from run to rm, and what is told of it.
import type { ExecutionContext } from 'ava';
import { busyboxSpace, testWithBusybox as needing } from '../support/busybox-image.js';
import type { TsbuildRun } from '../support/tsbuild-command.js';

const DOCKERFILE = `FROM scratch
COPY busybox /bin/sh
COPY busybox /bin/busybox
ENV FROM=image
LABEL from=image
CMD ["sh", "-c", "echo out; echo err >&2; exit 3"]
`;

interface Place {
  run(...args: readonly string[]): Promise<TsbuildRun>;
  /** Standard output; fails the test when the command fails. */
  out(...args: readonly string[]): Promise<string>;
}

async function place(t: ExecutionContext): Promise<Place> {
  const { run, told } = await busyboxSpace(t, { dockerfile: DOCKERFILE });
  return { run, out: told };
}

needing('in the foreground: both outputs, the exit status, nothing left with --rm', async (t) => {
  const { run, out } = await place(t);
  const { code, stdout, stderr } = await run('run', '--rm', '--network', 'none', 'box:1');
  t.deepEqual([code, stdout.toString(), stderr], [3, 'out\n', 'err\n']);
  t.is(await out('ps', '-aq'), '');
  const asked = ['run', '--rm', '-e', 'A=1', '-w', '/work', 'box:1', 'sh', '-c', 'echo $FROM $A $PWD'];
  t.is(await out(...asked), 'image 1 /work\n');
  t.is((await run('run', '--rm', 'box:1', 'nothing')).code, 127);
  t.is((await run('run', '--rm', 'box:1', '/bin')).code, 126);
  t.is((await run('run', '--what', 'box:1')).code, 125);
});

needing('in the background: listed, looked at, followed, renamed, stopped, removed', async (t) => {
  const { run, out } = await place(t);
  const script = 'echo one; echo two >&2; echo three; exec busybox sleep 1000';
  const id = (await out('run', '-d', '--name', 'web', '-l', 'team=web', 'box:1', 'sh', '-c', script)).trim();
  t.regex(id, /^[0-9a-f]{64}$/);
  t.is(await out('ps', '--format', '{{.Names}} {{.State}} {{.Labels}}'), 'web running from=image,team=web\n');
  t.is(await out('ps', '-q', '--filter', 'label=team=db'), '');
  t.is(await out('ps', '-q', '--no-trunc', '--filter', 'ancestor=box:1'), `${id}\n`);
  t.is(
    await out('inspect', '-f', '{{.State.Status}} {{.Name}} {{.Config.Labels.team}}', 'web'),
    'running /web web\n',
  );
  t.regex(await out('top', 'web'), /^UID +PID +PPID .*\n\d+ .* busybox sleep 1000\n$/);
  t.is(await out('rename', 'web', 'shop'), '');
  t.is(await out('stop', '-t', '0', 'shop'), 'shop\n');
  t.is(await out('wait', id.slice(0, 12)), '137\n');
  t.regex(await out('ps', '-a'), /Exited \(137\) .* ago/);
  const logs = await run('logs', 'shop');
  t.deepEqual([logs.stdout.toString(), logs.stderr], ['one\nthree\n', 'two\n']);
  const events = await out('events', '--since', '10m', '--until', '0s', '--format', '{{.Action}}');
  for (const action of ['create', 'rename', 'die']) t.true(events.split('\n').includes(action), action);
  t.is(await out('rm', 'shop'), 'shop\n');
  const missing = await run('logs', 'shop');
  t.regex(missing.stderr, /^ERROR: No such container: shop\n/);
});

needing('logs -f gives all lines, and ends with the container', async (t) => {
  const { out } = await place(t);
  const script = 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done';
  await out('run', '-d', '--name', 'loop', 'box:1', 'sh', '-c', script);
  const lines = (await out('logs', '-f', 'loop')).split('\n');
  t.is(lines.length, 2001);
  t.is(lines[1999], 'line 1999');
  t.is(await out('logs', '--tail', '2', 'loop'), 'line 1998\nline 1999\n');
  t.regex(await out('logs', '-t', '--tail', '1', 'loop'), /^\d{4}-\d\d-\d\dT[\d:.]+Z line 1999\n$/);
  t.is(await out('rm', 'loop'), 'loop\n');
});
