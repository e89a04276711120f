// How a command is run and what it leaves.
// Behaviours 28, 29, 31 and 35 to 38 of the forty in behaviours-*.test.ts, which builders often get wrong.
import { chmodSync, existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { readBusybox } from '../support/behaviour-base.js';
import { bench } from '../support/behaviour.js';
import { testNeeding } from '../support/requirements.js';

const testOnBase = testNeeding('sandbox', 'busybox');

testOnBase('behaviour 28: single quotes make no exec form, and the exec form expands nothing', async (t) => {
  const { build, fail } = bench(t);
  const { error, log } = await fail("FROM busybox\nRUN ['echo','x']\n");
  t.regex(log, /\[echo,x\]: not found/);
  t.regex(error.message, /exit code: 127/);
  t.is((await build('FROM busybox\nRUN ["echo", "$HOME"]\n')).log, '$HOME\n');
});

testOnBase(
  'behaviour 29: heredocs of RUN belong to the shell; one with a shebang is a program',
  async (t) => {
    const { build } = bench(t);
    t.is((await build('FROM busybox\nENV A=v\nRUN <<\'E\'\necho "$A \\n"\nE\n')).log, 'v \\n\n');
    t.is((await build('FROM busybox\nENV A=v\nRUN cat <<\\E\n$A\nE\n')).log, '$A\n');
    t.is((await build('FROM busybox\nRUN <<E\n#!/bin/cat\nhi\nE\n')).log, '#!/bin/cat\nhi\n');
  },
);

testOnBase('behaviour 31: comments and empty lines inside of a continued command are dropped', async (t) => {
  const { build } = bench(t);
  const { log, warnings } = await build('FROM busybox\nRUN echo a \\\n  # note\n\n  b # c\n');
  t.is(log, 'a b\n');
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /empty continuation line/i);
});

testOnBase('a source that the context lacks ends the build before the RUN above it is done', async (t) => {
  const { give, fail } = bench(t);
  give({ 'package.json': '{}' });
  const run = 'RUN sleep 30; echo late\n';
  for (const step of [
    'COPY pakage.json /',
    'COPY --parents ./x/pakage.json /',
    'RUN --mount=type=bind,source=pakage.json,target=/x cat /x',
  ]) {
    const { error, log } = await fail(`FROM busybox\n${run}${step}\n`);
    t.regex(error.message, /pakage\.json": not found$/);
    t.is(error.location?.startLine, 3, step);
    t.notRegex(log, /late/);
  }
  const { log } = await fail(`FROM busybox AS a\n${run}FROM scratch\nCOPY --from=a /bin /b\nCOPY gone /\n`);
  t.notRegex(log, /late/, 'in a stage that waits for another one');
});

testOnBase('a stage that fails ends the stages beside it', async (t) => {
  const { error, log } = await bench(t).fail(
    'FROM busybox AS a\nRUN sleep 30; echo late\nFROM busybox AS b\nRUN exit 3\nFROM a\nCOPY --from=b /bin /b\n',
  );
  t.regex(error.message, /exit code: 3$/);
  t.notRegex(log, /late/);
});

testOnBase('behaviour 35: what a RUN needs mounted is not in its layer', async (t) => {
  const { give, build } = bench(t);
  give({ busybox: { mode: 0o755, text: readBusybox() }, 'own.conf': 'nameserver 192.0.2.1\n' });
  const run = 'RUN --mount=type=secret,id=s --mount=type=cache,target=/a/b true\n';
  const secrets = [{ id: 's', value: Buffer.from('hidden-value') }];
  const { added } = await build(`FROM scratch\nCOPY busybox /bin/sh\n${run}`, { secrets });
  const left = ['run/secrets', 'run/secrets/s', 'a', 'a/b', 'etc/resolv.conf', 'etc/hosts'];
  t.deepEqual(
    added.filter((path) => left.includes(path)),
    [],
  );
  const own = await build(`FROM scratch\nCOPY busybox /bin/sh\nCOPY own.conf /etc/resolv.conf\n${run}`, {
    secrets,
  });
  t.is(own.files.get('etc/resolv.conf')?.text, 'nameserver 192.0.2.1\n');
  t.false(own.layers.at(-1)?.has('etc/resolv.conf'));
});

testOnBase('behaviour 36: /run is of the image, /dev/shm is not', async (t) => {
  const { build } = bench(t);
  const { files } = await build('FROM alpine\nRUN echo 1 >/run/k && echo 1 >/dev/shm/k\n');
  t.is(files.get('run/k')?.text, '1\n');
  t.deepEqual(
    [...files.keys()].filter((path) => path.startsWith('dev/')),
    [],
  );
});

testOnBase('behaviour 37: a new mtime changes no key, a new mode does', async (t) => {
  const { give, build, context } = bench(t);
  give({ 'd/f': { text: 'f', mode: 0o644 } });
  const dockerfile = 'FROM busybox\nCOPY d /d\nRUN date +%N > /t\n';
  t.is((await build(dockerfile)).result.executed, 2);
  utimesSync(join(context, 'd', 'f'), 1_000_000_000, 1_000_000_000);
  const touched = await build(dockerfile);
  t.is(touched.result.executed, 0);
  t.deepEqual(
    touched.cached.map((name) => name.replace(/^\[.*\] /, '')),
    ['COPY d /d', 'RUN date +%N > /t'],
  );
  chmodSync(join(context, 'd', 'f'), 0o755);
  t.is((await build(dockerfile)).result.executed, 2);
});

testOnBase('behaviour 38: an unused stage is not run; writes to a bind mount are thrown away', async (t) => {
  const { give, build, context } = bench(t);
  give({ f: 'f' });
  const { log, added } = await build(
    'FROM busybox AS unused\nRUN exit 1\nFROM busybox\nRUN --mount=type=bind,target=/c,rw touch /c/new && ls /c/new\n',
  );
  t.is(log, '/c/new\n');
  t.deepEqual(added, []);
  t.false(existsSync(join(context, 'new')));
});

testOnBase('a bind mount shows the times that files of the context have now', async (t) => {
  const { give, build, context } = bench(t);
  give({ f: 'f' });
  const shown = async (seconds: number, more: string): Promise<string> => {
    utimesSync(join(context, 'f'), seconds, seconds);
    const stat = `RUN --mount=type=bind,target=/c stat -c %Y /c/f${more}`;
    return (await build(`FROM busybox\n${stat}\n`)).log;
  };
  t.is(await shown(1_500_000_000, ''), '1500000000\n');
  t.is(await shown(1_600_000_000, ' && true'), '1600000000\n');
});
