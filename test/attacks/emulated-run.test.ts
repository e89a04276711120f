// Commands of a foreign platform against what executes them: the file of the emulator, which they reach by /proc, and
// the table in which it is registered.
import { chownSync, copyFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HARM, HELLO } from '../support/arm64-programs.js';
import type { OrdinaryUser } from '../support/ordinary-user.js';
import { testNeeding } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';
import { assertBuilt, dockerfileWithShell, hostShell, workspace } from '../support/workspace.js';

const ARM64 = ['--platform', 'linux/arm64'];
const EMULATOR = 'qemu-aarch64-static';
const NOBODY: OrdinaryUser = { name: 'nobody', uid: 65534, gid: 65534 };

// QEMU answers for /proc/self/exe itself, and for no other way there.
const WAYS = ['/proc/thread-self/exe', '/proc/./self/exe'];

const HARMFUL = {
  Dockerfile: `FROM scratch\nCOPY --chmod=755 harm /\n${WAYS.map((way) => `RUN ["/harm", "${way}"]\n`).join('')}`,
  harm: HARM,
};

for (const [label, user, isolation] of [
  ['of root, by ids that are not his', undefined, 'userns'],
  ['of root, by root', undefined, 'userns-single'],
  ['of a user, by the same user', NOBODY, 'userns-single'],
] as const)
  testNeeding(
    'sandbox',
    'qemu',
    'root',
  )(`a command does not change the emulator ${label}`, async (t) => {
    const folder = tempDir(t, user ? { user } : {});
    const path = join(folder, EMULATOR);
    copyFileSync(`/usr/bin/${EMULATOR}`, path);
    if (user) chownSync(path, user.uid, user.gid);
    const before = readFileSync(path);
    const space = workspace(t, HARMFUL, { user });
    const run = await space.build([...ARM64, '--isolation', isolation], {
      env: { PATH: `${folder}:${process.env['PATH']}` },
    });
    assertBuilt(t, run);
    t.true(run.stderr.includes(`are emulated by ${path},`), run.stderr);
    t.is(statSync(path).mode & 0o777, 0o755);
    t.true(before.equals(readFileSync(path)));
  });

testNeeding('sandbox', 'qemu')('a command neither sees nor changes the table of emulators', async (t) => {
  const look = [
    'while read -r line; do case "$line" in *binfmt*) exit 7;; esac; done < /proc/self/mountinfo',
    '[ "$(echo /proc/sys/fs/binfmt_misc/*)" = "/proc/sys/fs/binfmt_misc/*" ]',
    '! (echo -1 > /proc/sys/fs/binfmt_misc/status) 2>/dev/null',
    '! (echo :x:E::x::/bin/sh: > /proc/sys/fs/binfmt_misc/register) 2>/dev/null',
    'for fd in /proc/1/fd/*; do [ "${fd##*/}" -le 2 ] || [ ! -e "$fd/register" ] || exit 8; done',
  ].join(' && ');
  const space = workspace(t, {
    Dockerfile: dockerfileWithShell(
      `COPY --chmod=755 hello /\nRUN ["/hello"]\nRUN ${look}\nRUN ["/hello"]\n`,
    ),
    hello: HELLO,
  });
  for (const isolation of ['userns', 'userns-single']) {
    const run = await space.build([...ARM64, '--no-cache', '--isolation', isolation, ...hostShell()]);
    assertBuilt(t, run);
    t.is(run.stderr.match(/ hello\n/g)?.length, 2, run.stderr);
  }
});
