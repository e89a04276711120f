// Containers from their start to their removal, as a user runs them.
import { busyboxSpace, testWithBusybox } from '../support/busybox-image.js';

testWithBusybox('a container runs, is entered, stopped, started and removed', async (t) => {
  const { run } = await busyboxSpace(t);
  const foreground = await run(
    'run',
    '--rm',
    '--network',
    'none',
    'box:1',
    'sh',
    '-c',
    'echo out; echo err >&2; exit 3',
  );
  t.is(foreground.code, 3);
  t.is(foreground.stdout.toString(), 'out\n');
  t.regex(foreground.stderr, /err/);
  const missing = await run('run', '--rm', '--network', 'none', 'box:1', 'nope');
  t.is(missing.code, 127);
  t.regex(missing.stderr, /executable file not found/);
  const detached = await run('run', '-d', '--name', 'one', '--network', 'none', 'box:1', 'sleep', '600');
  t.regex(detached.stdout.toString(), /^[0-9a-f]{64}\n$/);
  const exec = await run('exec', 'one', 'sh', '-c', 'echo $$; exit 4');
  t.is(exec.code, 4);
  t.is((await run('rm', 'one')).code, 1);
  t.is((await run('exec', '-u', 'nobody', 'one', 'true')).code, 126);
  await run('exec', 'one', 'touch', '/own');
  t.is((await run('diff', 'one')).stdout.toString(), 'A /own\n');
  t.is((await run('stop', '-t', '0', 'one')).code, 0);
  t.is((await run('start', 'one')).code, 0);
  t.is((await run('rm', '-f', 'one')).code, 0);
  t.is((await run('inspect', 'one')).code === 0, false);
});

testWithBusybox('what is refused leaves no container and no volume', async (t) => {
  const { run, told } = await busyboxSpace(t);
  for (const options of [
    ['--pid', 'container:x'],
    ['--network', 'absent'],
    ['--cap-add', 'NONE_SUCH'],
    ['--security-opt', 'what'],
  ])
    t.is((await run('run', '-v', 'made:/m', ...options, 'box:1', 'true')).code, 125, options.join(' '));
  t.is(await told('volume', 'ls', '-q'), '');
  t.is(await told('ps', '-aq'), '');
});
