// Machines that lack something: each failure says the one command that mends it.
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrdinaryUser } from '../support/ordinary-user.js';
import { findOrdinaryUser } from '../support/ordinary-user.js';
import { testNeeding } from '../support/requirements.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, dockerfileWithShell, hostShell, workspace } from '../support/workspace.js';

const files = { Dockerfile: dockerfileWithShell('RUN echo ran\n') };

/**
 * Runs a build as `user` where these programs cannot be executed: something without permission is mounted over each.
 */
function hiding(names: readonly string[], user: OrdinaryUser | undefined): string[] {
  const paths = execFileSync('which', [...names], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const mounts = paths.map((path) => `mount --bind /dev/null "${path}"`).join(' && ');
  const change = user ? `setpriv --reuid ${user.uid} --regid ${user.gid} --clear-groups ` : '';
  return ['unshare', '--mount', 'sh', '-c', `${mounts} && exec ${change}"$@"`, 'sh'];
}

/** Where another isolation would do, a build says so and takes it; this one is asked for. */
const userns = ['--isolation', 'userns'];

testNeeding('sandbox', 'root')('without unshare(1) a RUN is refused', async (t) => {
  const run = await workspace(t, files).build([...userns, ...hostShell()], {
    wrapper: hiding(['unshare'], undefined),
  });
  t.is(run.code, 5, run.stderr);
  t.regex(run.stderr, /unshare/);
  t.regex(run.stderr, /install.*util-linux/);
  t.notRegex(run.stderr, /^ran$/m);
});

testNeeding(
  'sandbox',
  'root',
  'subuid',
)('without newuidmap a RUN of an ordinary user is refused', async (t) => {
  const user = findOrdinaryUser();
  const space = workspace(t, files, { user });
  const wrapper = hiding(['newuidmap', 'newgidmap'], user);
  const args = ['build', '--progress', 'plain', ...userns, ...hostShell(), space.context];
  const run = await runTsbuild(args, { store: space.store, wrapper });
  t.is(run.code, 5, run.stderr);
  t.regex(run.stderr, /newuidmap/);
  t.regex(run.stderr, /install.*uidmap/);
});

testNeeding('sandbox', 'root')('a user without subordinate ids is told how to get some', async (t) => {
  const user: OrdinaryUser = { name: 'nobody', uid: 65534, gid: 65534 };
  const run = await workspace(t, files, { user }).build([...userns, ...hostShell()]);
  t.is(run.code, 5, run.stderr);
  t.regex(run.stderr, /usermod --add-subuids .*--add-subgids .*nobody/);
});

testNeeding('sandbox', 'root')('when nothing works, the reason of each isolation is told', async (t) => {
  const user: OrdinaryUser = { name: 'nobody', uid: 65534, gid: 65534 };
  const space = workspace(t, files, { user });
  const args = ['build', '--progress', 'plain', ...hostShell(), space.context];
  const run = await runTsbuild(args, { store: space.store, wrapper: hiding(['unshare'], user) });
  t.is(run.code, 5, run.stderr);
  t.regex(run.stderr, /ERROR: no isolation works on this machine:\n {2}userns: .*unshare/);
  t.regex(run.stderr, /\n {2}chroot: .*root/);
  t.regex(run.stderr, /\nhint: sudo apt-get install util-linux\n.*`tsbuild doctor`/);
  t.notRegex(run.stderr, /^ran$/m);
});

testNeeding('sandbox', 'root')('a weaker isolation is taken with its name and the reason', async (t) => {
  const user: OrdinaryUser = { name: 'nobody', uid: 65534, gid: 65534 };
  const run = await workspace(t, files, { user }).build([...hostShell()]);
  assertBuilt(t, run);
  t.regex(
    run.stderr,
    /the sandbox uses isolation userns-single .*userns: nobody has no 65536 subordinate ids/,
  );
});

testNeeding('sandbox', 'root')('a build without RUN needs none of it', async (t) => {
  const user: OrdinaryUser = { name: 'nobody', uid: 65534, gid: 65534 };
  const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY a /b\n', a: 'a' }, { user });
  assertBuilt(t, await space.build([], { env: { PATH: '/nonexistent' } }));
});

testNeeding(
  'sandbox',
  'busybox',
  'tun',
)("when a network cannot be connected, the RUN begins once more on the host's, which is said", async (t) => {
  const text =
    'COPY busybox /bin/\nRUN echo begun >> /begun; read line < /begun; echo $line; busybox ip link; echo >> /begun\n';
  const busybox = readFileSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim());
  const space = workspace(t, { Dockerfile: dockerfileWithShell(text), busybox });
  chmodSync(join(space.context, 'busybox'), 0o755);
  const tools = join(space.root, 'tools');
  mkdirSync(tools);
  writeFileSync(join(tools, 'pasta'), '#!/bin/sh\necho it is broken >&2\nexit 1\n', { mode: 0o755 });
  const env = { PATH: `${tools}:${process.env['PATH'] ?? ''}` };
  const run = await space.build([...userns, ...hostShell()], { env });
  assertBuilt(t, run);
  const reason = 'pasta cannot connect a network: it is broken';
  t.is(
    run.stderr.split(`note: a process begins once more, with its output: ${reason}\n`).length,
    2,
    run.stderr,
  );
  t.is(run.stderr.split(`note: processes use the network of the host: ${reason}\n`).length, 2, run.stderr);
  t.is(run.stderr.match(/ begun$/gm)?.length, 2);
  t.regex(run.stderr, /: lo: /);
  const forced = await space.build([...userns, '--network', 'pasta', '--no-cache', ...hostShell()], { env });
  t.is(forced.code, 5, forced.stderr);
  t.true(forced.stderr.includes(reason));
});

testNeeding('sandbox')('a full disk is named and leaves no half-written file', async (t) => {
  const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY big /\n', big: new Uint8Array(8 << 20) });
  // A file system of 4 MB of its own, and after the build a list of the blobs and of what is unfinished.
  const script =
    'mount -t tmpfs -o size=4m tmpfs "$TSBUILD_ROOT" && { "$@"; code=$?; } ' +
    '&& cd "$TSBUILD_ROOT/v1" && find tmp oci/blobs -type f; exit $code';
  const wrapper = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh'];
  const run = await runTsbuild(['build', '--progress', 'plain', space.context], {
    store: space.store,
    wrapper,
  });
  t.is(run.code, 7, run.stderr);
  t.regex(run.stderr, /no space|full/i);
  t.is(run.stdout.toString(), '');
});

test('a store where there can be no directory is refused', async (t) => {
  const space = workspace(t, files);
  for (const command of [['build', '--progress', 'plain', space.context], ['images'], ['doctor']]) {
    const run = await runTsbuild(command, { store: '/proc/tsbuild' });
    t.is(run.code, 7, run.stderr);
    t.regex(run.stderr, /cannot write \/proc\/tsbuild.*\nhint: set TSBUILD_ROOT to a directory/);
  }
});
