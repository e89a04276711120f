// Containers on the weaker rungs of the ladder: as a user without subordinate ids, and as root where nothing can be
// unshared or mounted.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listAttributes } from '@napi-rs/xattr';
import type { ExecutionContext } from 'ava';
import { busyboxSpace, type BusyboxSpace } from '../support/busybox-image.js';
import { NOBODY } from '../support/ordinary-user.js';
import { testNeeding } from '../support/requirements.js';

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox","--install","-s","/bin"]
RUN mkdir -p /etc /data && echo 'root:x:0:0::/root:/bin/sh' >/etc/passwd && echo 'app:x:1000:1000::/:/bin/sh' >>/etc/passwd \\
    && echo 'root:x:0:' >/etc/group && echo 'app:x:1000:' >>/etc/group && touch /data/f && chown -R 1000:1000 /data \\
    && rm /bin/su && cp /bin/busybox /bin/su && chmod 4755 /bin/su
CMD ["/bin/sh"]
`;

const testOnSingle = testNeeding('sandbox', 'busybox', 'root');
const testOnChroot = testNeeding('busybox', 'root');

function singleSpace(t: ExecutionContext): Promise<BusyboxSpace> {
  return busyboxSpace(t, { user: NOBODY, dockerfile: DOCKERFILE });
}

/** Of the run that goes on: the processes beside its container. */
function helpersOf(store: string): readonly number[] {
  const state = readFileSync(join(folderOf(store), 'state.json'), 'utf8');
  return (JSON.parse(state) as { helpers: { pid: number }[] }).helpers.map(({ pid }) => pid);
}

function isLiving(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

testOnSingle('without subordinate ids a container has all ids, and its files their owners', async (t) => {
  const { run, space, told } = await singleSpace(t);
  const first = await run('run', '--rm', '--network', 'none', 'box:1', 'su', 'app', '-c', 'id -u; id -g');
  t.is(first.stdout.toString(), '1000\n1000\n');
  t.regex(first.stderr, /containers use isolation userns-single/);
  const second = await run(
    'run',
    '--rm',
    '--network',
    'none',
    '-u',
    'app',
    'box:1',
    'sh',
    '-c',
    'touch /x; id -u',
  );
  t.is(second.stdout.toString(), '1000\n');
  t.regex(second.stderr, /Permission denied/);
  t.notRegex(second.stderr, /userns-single/, 'it is said once');

  await told(
    'run',
    '-d',
    '--name',
    'one',
    '--network',
    'none',
    'box:1',
    'sh',
    '-c',
    'chown 7:8 /data/f; echo up; exec sleep 600',
  );
  t.is(await told('inspect', '--format', '{{.HostConfig.Isolation}}', 'one'), 'userns-single\n');
  t.is(
    await told(
      'exec',
      'one',
      'sh',
      '-c',
      'until [ $(stat -c %u /data/f) = 7 ]; do sleep 0.1; done; touch /data/g; chown 5 /data/g; stat -c %u:%g /data/g',
    ),
    '5:0\n',
  );
  t.is(await told('exec', '-u', 'app', 'one', 'id', '-u'), '1000\n');
  await told('exec', '-d', 'one', 'sh', '-c', 'sleep 0.3; touch /late; chown 9 /late; touch /done');
  t.is(
    await told('exec', 'one', 'sh', '-c', 'until [ -e /done ]; do sleep 0.1; done; stat -c %u /late'),
    '9\n',
  );
  t.is(await told('logs', 'one'), 'up\n');
  t.deepEqual((await told('diff', 'one')).trim().split('\n').sort(), [
    'A /data/g',
    'A /done',
    'A /late',
    'C /data',
    'C /data/f',
  ]);
  t.is(await told('run', '--rm', '--network', 'none', '--ipc', 'container:one', 'box:1', 'id', '-u'), '0\n');
  const helpers = helpersOf(space.store);
  t.is(helpers.length, 1);
  await told('stop', '-t', '0', 'one');
  t.false(helpers.some(isLiving), 'the supervisor ends with its container');
  await told('start', 'one');
  t.is(await told('exec', 'one', 'stat', '-c', '%u:%g', '/data/f'), '7:8\n');
  await told('commit', 'one', 'box:2');
  await told('rm', '-f', 'one');
  t.is(
    await told('run', '--rm', '--network', 'none', 'box:2', 'stat', '-c', '%u:%g', '/data/f', '/late'),
    '7:8\n9:0\n',
  );
});

testOnSingle(
  'owners are not written to files of the host, and rights that were dropped are not answered',
  async (t) => {
    const { run, space, told } = await singleSpace(t);
    const user = NOBODY;
    const shared = join(space.root, 'shared');
    mkdirSync(shared);
    writeFileSync(join(shared, 'file'), 'x');
    execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, shared]);
    const script =
      'cd /w; touch new; chown 1000:1000 file new; ln -s x l; chown -h 7 l; stat -c %u file new; chown 5 /data; stat -c %u /data';
    t.is(
      await told('run', '--rm', '--network', 'none', '-v', `${shared}:/w`, 'box:1', 'sh', '-c', script),
      '1000\n1000\n5\n',
    );
    t.is(
      execFileSync('stat', ['-c', '%u', 'file', 'new'], { cwd: shared, encoding: 'utf8' }),
      `${user.uid}\n${user.uid}\n`,
    );
    t.deepEqual(await listAttributes(join(shared, 'file')), []);
    t.true(
      Date.now() - Number(execFileSync('stat', ['-c', '%X', 'l'], { cwd: shared, encoding: 'utf8' })) * 1000 <
        600_000,
    );

    const dropped = await run(
      'run',
      '--rm',
      '--network',
      'none',
      '--cap-drop',
      'ALL',
      'box:1',
      'sh',
      '-c',
      'chown 7 /bin; rm /data/f; su app -c id',
    );
    t.not(dropped.code, 0);
    t.is((dropped.stderr.match(/not permitted|Permission denied/g) ?? []).length, 3, dropped.stderr);
    const kept = await run(
      'run',
      '--rm',
      '--network',
      'none',
      '-u',
      'app',
      '--security-opt',
      'no-new-privileges',
      'box:1',
      'su',
      '-c',
      'id -u',
    );
    t.notRegex(kept.stdout.toString(), /^0$/m);
    t.is(
      await told(
        'run',
        '--rm',
        '--network',
        'none',
        '--userns',
        'host',
        'box:1',
        'stat',
        '-c',
        '%u',
        '/data',
      ),
      '0\n',
    );
    for (const options of [
      ['--userns', 'host', '-u', 'app'],
      ['--userns', 'keep-id'],
    ])
      t.is((await run('run', '--rm', '--network', 'none', ...options, 'box:1', 'true')).code, 125);
  },
);

/** As a container of docker with default settings has it: its capabilities, and no unshare(2). */
async function chrootSpace(t: ExecutionContext): Promise<BusyboxSpace> {
  const made = await busyboxSpace(t, { dockerfile: DOCKERFILE });
  const tools = join(made.space.root, 'tools');
  mkdirSync(tools);
  writeFileSync(
    join(tools, 'tsbuild-unshare'),
    '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n',
    { mode: 0o755 },
  );
  return made.with({
    env: { PATH: `${tools}:${process.env['PATH']}` },
    wrapper: [
      'setpriv',
      '--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap',
    ],
  });
}

testOnChroot('in a plain container of root a container runs in a root of its own', async (t) => {
  const { run, space, told } = await chrootSpace(t);
  const first = await run(
    'run',
    '--rm',
    'box:1',
    'sh',
    '-c',
    'id -u; stat -c %u:%g /data/f; echo err >/dev/stderr; exit 3',
  );
  t.is(first.code, 3);
  t.is(first.stdout.toString(), '0\n1000:1000\n');
  t.regex(first.stderr, /containers use isolation chroot.*\n.*network of the host\nerr\n/s);
  t.is((await run('run', '--rm', 'box:1', 'nope')).code, 127);

  const left =
    '(setsid sleep 7331 &); (setsid sh -c "while :; do sleep 0.1; done" &); echo up; exec sleep 7331';
  await told('run', '-d', '--name', 'one', '-p', '18743:18743', 'box:1', 'sh', '-c', left);
  t.is(await told('exec', '-u', 'app', 'one', 'id', '-u'), '1000\n');
  t.is((await run('exec', 'one', 'sh', '-c', 'exit 4')).code, 4);
  await told('exec', '-d', 'one', 'sleep', '7331');
  t.true((await told('top', 'one')).split('\n').length > 4);
  t.is(await told('logs', 'one'), 'up\n');
  t.is(
    await told(
      'inspect',
      '--format',
      '{{.HostConfig.Isolation}} {{.HostConfig.NetworkMode}} {{.HostConfig.PidMode}}',
      'one',
    ),
    'chroot host host\n',
  );
  writeFileSync(join(space.root, 'given'), 'given');
  await told('cp', join(space.root, 'given'), 'one:/data/');
  await told('stop', '-t', '0', 'one');
  t.is(sleeping(), '');
  await told('start', 'one');
  t.is(await told('exec', 'one', 'cat', '/data/given'), 'given');
  const { monitor } = JSON.parse(readFileSync(join(folderOf(space.store), 'state.json'), 'utf8')) as {
    monitor: { pid: number };
  };
  process.kill(monitor.pid, 'SIGKILL');
  await told('ps');
  t.is(sleeping(), '', 'also when the monitor was killed');
  await told('rm', '-f', 'one');
});

function folderOf(store: string): string {
  const containers = join(store, 'local', 'v1', 'containers', 'c');
  return join(containers, spawnSync('ls', [containers], { encoding: 'utf8' }).stdout.trim());
}

function sleeping(): string {
  const { stdout } = spawnSync('ps', ['ax', '-o', 'stat=,args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith('Z') && line.endsWith('sleep 7331'))
    .join('\n');
}

testOnChroot('what a container cannot have there is refused by its name', async (t) => {
  const { run, space, told } = await chrootSpace(t);
  const refused: readonly (readonly [string[], RegExp])[] = [
    [['--network', 'none'], /--network none/],
    [['-p', '8080:80'], /port 80 at 8080/],
    [['-v', `${space.root}:/w`], /which it could write to/],
    [['-v', 'data:/w'], /a mount of type volume/],
    [['--memory', '64m'], /--memory/],
    [['--cap-add', 'SYS_ADMIN'], /SYS_ADMIN/],
    [['--privileged'], /--privileged/],
    [['--pid', 'private'], /--pid private/],
    [['--security-opt', 'seccomp=unconfined'], /seccomp/],
    [['--read-only'], /--read-only/],
  ];
  for (const [options, words] of refused) {
    const { code, stderr } = await run('run', '--rm', ...options, 'box:1', 'true');
    t.is(code, 125, options.join(' '));
    t.regex(stderr, words);
  }
  t.is(await told('ps', '-aq'), '');
  writeFileSync(join(space.root, 'given'), 'given');
  t.is(
    await told(
      'run',
      '--rm',
      '-v',
      `${space.root}/given:/w/given:ro`,
      'box:1',
      'sh',
      '-c',
      'cat /w/given; echo more >>/w/given',
    ),
    'given',
  );
  t.is(readFileSync(join(space.root, 'given'), 'utf8'), 'given', 'it is a copy');
  t.false(existsSync(join(space.store, 'local', 'v1', 'containers', 'volumes', 'data')));
});
