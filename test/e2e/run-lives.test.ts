// Containers from their start to their removal, as a user runs them.
import test from 'ava';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const DOCKERFILE =
  'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox","--install","-s","/bin"]\nCMD ["/bin/sh"]\n';

(BUSYBOX === undefined ? test.skip : test)(
  'a container runs, is entered, stopped, started and removed',
  async (t) => {
    const space = workspace(t, { Dockerfile: DOCKERFILE });
    copyFileSync(BUSYBOX!, join(space.context, 'busybox'));
    assertBuilt(t, await space.build(['-t', 'box:1']));
    const run = (...args: readonly string[]) => runTsbuild(args, { store: space.store });
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
    t.is((await run('stop', '-t', '0', 'one')).code, 0);
    t.is((await run('start', 'one')).code, 0);
    t.is((await run('rm', '-f', 'one')).code, 0);
    t.is((await run('inspect', 'one')).code === 0, false);
  },
);
