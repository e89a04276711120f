// The first thing that a newcomer runs: fixtures/hello, without network, and its second build, which must do nothing at
// all.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertValidImage } from '../support/assert-valid-image.js';
import { projectRoot } from '../support/project-root.js';
import { testNeeding } from '../support/requirements.js';
import { assertBuilt, hostShell, workspace } from '../support/workspace.js';

const hello = { context: join(projectRoot, 'fixtures', 'hello') };

testNeeding('sandbox')('fixtures/hello builds and its RUN has run', async (t) => {
  const { root, build } = workspace(t, {});
  const [layout, files] = [join(root, 'image'), join(root, 'files')];
  const outputs = ['--output', `type=oci,dest=${layout},tar=false`, '--output', `type=local,dest=${files}`];
  assertBuilt(t, await build([...hostShell(), ...outputs], hello));
  const { config } = await assertValidImage(t, layout);
  t.deepEqual(config.config?.['Entrypoint'], [
    '/bin/sh',
    '-c',
    'read -r line < /srv/built.txt; echo "$line"',
  ]);
  t.is(config.config?.['WorkingDir'], '/srv');
  t.is(readFileSync(join(files, 'srv', 'built.txt'), 'utf8'), 'Hello, from a build step with process id 1\n');
});

testNeeding('sandbox', 'strace')('a second build starts no process and gives the same digest', async (t) => {
  const { root, store, build } = workspace(t, {});
  const trace = join(root, 'trace');
  const args = [...hostShell(), '-t', 'hello:1'];
  const quiet = ['-q', ...args];
  const first = await build(quiet, hello);
  assertBuilt(t, first);
  t.regex(first.stdout.toString().trim(), /^sha256:[0-9a-f]{64}$/);
  const wrapper = ['strace', '-f', '-qq', '-o', trace, '-e', 'trace=execve,unshare'];
  const second = await build(quiet, { ...hello, wrapper });
  assertBuilt(t, second);
  t.is(second.stdout.toString(), first.stdout.toString());
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /execve|unshare/.test(line));
  t.is(calls.length, 1, calls.join('\n'));

  const shown = await build(args, hello);
  assertBuilt(t, shown);
  t.regex(shown.stderr, /RUN read -r greeting.*\n#\d+ CACHED/);
  t.notRegex(shown.stderr, /Hello, from a build step/);
  await assertValidImage(t, join(store, 'v1', 'oci'), 'docker.io/library/hello:1');
});
