// RUN of a platform that is not the machine's, as users meet it: with nothing but the emulator's file, on every rung,
// and without it.
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readHostTable } from '../../src/sandbox/emulation/host-table.js';
import { architectureOf } from '../../src/sandbox/emulation/architectures.js';
import { trialProgram } from '../../src/sandbox/emulation/trial-program.js';
import { HELLO, MACHINE, OWN_NAME } from '../support/arm64-programs.js';
import { findOrdinaryUser, type OrdinaryUser } from '../support/ordinary-user.js';
import { testNeeding, type Need } from '../support/requirements.js';
import { tempDir } from '../support/temp-store.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const FILES = {
  Dockerfile: `FROM scratch AS app
COPY --chmod=755 hello machine name /bin/
RUN ["/bin/hello"]
RUN ["/bin/machine"]
RUN ["name"]
`,
  hello: HELLO,
  machine: MACHINE,
  name: OWN_NAME,
};
const ARM64 = ['--platform', 'linux/arm64'];

const NOBODY: OrdinaryUser = { name: 'nobody', uid: 65534, gid: 65534 };

const needing = (...needs: readonly Need[]) => testNeeding('sandbox', 'qemu', ...needs);

for (const [label, rung, needs, userOf] of [
  ['whoever runs the tests', 'userns', [], () => undefined],
  ['a user with subordinate ids', 'userns', ['root', 'subuid'], findOrdinaryUser],
  ['a user without subordinate ids', 'userns-single', ['root'], () => NOBODY],
] as const)
  needing(...needs)(`programs of arm64 are executed, as ${label}`, async (t) => {
    const space = workspace(t, FILES, { user: userOf() });
    const run = await space.build(ARM64);
    assertBuilt(t, run);
    t.regex(run.stderr, new RegExp(`isolation ${rung} `));
    t.regex(
      run.stderr,
      /note: commands of linux\/arm64 are emulated by \/.*qemu-aarch64-static, which takes several times/,
    );
    t.is(run.stderr.match(/are emulated by/g)?.length, 1);
    t.regex(run.stderr, / hello\n/);
    t.regex(run.stderr, / aarch64\n/);
    t.regex(run.stderr, / name\n/, 'argv[0], as it was called');
    const again = await space.build(ARM64);
    t.regex(again.stderr, /0 steps executed, 4 cached/);
    t.notRegex(again.stderr, /emulated/);
  });

needing()('the layer has what the command made, and nothing of the emulator', async (t) => {
  const space = workspace(t, FILES);
  const out = join(space.root, 'out');
  assertBuilt(t, await space.build([...ARM64, '--output', `type=local,dest=${out}`]));
  t.deepEqual(readdirSync(out, { recursive: true }).map(String).toSorted(), [
    'bin',
    'bin/hello',
    'bin/machine',
    'bin/name',
    // Mount points, as every RUN leaves them.
    'dev',
    'made',
    'proc',
    'sys',
  ]);
});

needing()('what a RUN gave is found again whatever emulates, and by whatever isolation', async (t) => {
  const space = workspace(t, FILES);
  assertBuilt(t, await space.build(ARM64));
  const folder = tempDir(t);
  copyFileSync('/usr/bin/qemu-aarch64-static', join(folder, 'qemu-aarch64-static'));
  const env = { PATH: `${folder}:${process.env['PATH']}` };
  const again = await space.build([...ARM64, '--isolation', 'userns-single'], { env });
  t.regex(again.stderr, /0 steps executed, 4 cached/);
});

for (const name of ['arm', '386', 'riscv64', 's390x', 'mips64le'])
  needing()(`programs of ${name} are executed`, async (t) => {
    const space = workspace(t, {
      Dockerfile: 'FROM scratch\nCOPY --chmod=755 trial /\nRUN ["/trial"]\n',
      trial: trialProgram(architectureOf(name)!),
    });
    assertBuilt(t, await space.build(['--platform', `linux/${name}`]));
  });

needing()('the table of the host stays as it was', async (t) => {
  const before = readHostTable();
  const space = workspace(t, FILES);
  assertBuilt(t, await space.build(ARM64));
  t.deepEqual(readHostTable(), before);
});

/** A mount namespace in which the emulator's file is not there. */
const WITHOUT_EMULATOR = [
  'unshare',
  '-m',
  'sh',
  '-c',
  'mount --bind /dev/null "$(command -v qemu-aarch64-static)" && exec "$@"',
  'sh',
];

function isRegistered(): boolean {
  return (readHostTable() ?? []).some(({ interpreter }) => interpreter.includes('aarch64'));
}

needing('root')('without an emulator a RUN is refused, by platform, stage, line and package', async (t) => {
  if (isRegistered()) {
    t.pass('the host has one registered');
    return;
  }
  const space = workspace(t, FILES);
  const refused = await space.build(ARM64, { wrapper: WITHOUT_EMULATOR });
  t.is(refused.code, 5, refused.stderr);
  t.regex(
    refused.stderr,
    /ERROR: a RUN of stage app is for linux\/arm64, and this machine cannot execute programs of linux\/arm64\nhint: sudo apt-get install qemu-user-static \(of it the one file qemu-aarch64-static in \$PATH is enough\)/,
  );
  t.regex(refused.stderr, /Dockerfile:3\n/);
  t.notRegex(refused.stderr, /the sandbox uses/, 'no sandbox was opened for it');
  const certain = await space.build([...ARM64, '--no-cache'], { wrapper: WITHOUT_EMULATOR });
  t.is(certain.code, 5);
  t.notRegex(certain.stderr, /COPY.*\n#\d+ DONE/, 'nothing is executed before');
  assertBuilt(t, await space.build(ARM64));
  assertBuilt(t, await space.build(ARM64, { wrapper: WITHOUT_EMULATOR }));
});

needing('root')('isolation chroot has no emulators of its own, and says so', async (t) => {
  if (isRegistered()) {
    t.pass('the host has one registered');
    return;
  }
  const space = workspace(t, FILES);
  const refused = await space.build([...ARM64, '--isolation', 'chroot']);
  t.is(refused.code, 5, refused.stderr);
  t.regex(
    refused.stderr,
    /programs of linux\/arm64: isolation chroot has no emulators of its own\nhint: register an/,
  );
});

/** A user namespace whose table is what a host's would be, and whose builds do not find the emulator's file. */
const withHostTable = (line: string): readonly string[] => [
  'unshare',
  '-Urm',
  'sh',
  '-c',
  [
    'mount -t binfmt_misc none /proc/sys/fs/binfmt_misc',
    `printf %s '${line}' > /proc/sys/fs/binfmt_misc/register`,
    'mount --bind /dev/null /usr/bin/qemu-aarch64-static',
    'exec "$@"',
  ].join(' && '),
  'sh',
];

const LINE = String.raw`:qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:`;

needing('root')('what the host has registered is used where there is no emulator to register', async (t) => {
  const space = workspace(t, FILES);
  const run = await space.build(ARM64, { wrapper: withHostTable(`${LINE}F`) });
  assertBuilt(t, run);
  t.regex(run.stderr, /are emulated by \/usr\/bin\/qemu-aarch64-static, /);
  t.regex(run.stderr, / aarch64\n/);
  const unfixed = await space.build([...ARM64, '--no-cache'], { wrapper: withHostTable(`${LINE}P`) });
  t.is(unfixed.code, 5, 'without the flag F no root file system has the emulator');
  t.regex(unfixed.stderr, /cannot execute programs of linux\/arm64\n/);
});

needing()('a program of another machine in an image of this one is named', async (t) => {
  const space = workspace(t, {
    Dockerfile: 'FROM scratch\nCOPY --chmod=755 hello script /\nRUN ["/hello"]\nRUN ["/script"]\n',
    hello: HELLO,
    script: 'echo 1\n',
  });
  const run = await space.build([]);
  t.is(run.code, 1, run.stderr);
  t.regex(
    run.stderr,
    /exec \/hello: exec format error\nhint: \/hello is a program for linux\/arm64: is its image/,
  );
  space.write('Dockerfile', 'FROM scratch\nCOPY --chmod=755 script /\nRUN ["/script"]\n');
  t.regex(
    (await space.build([])).stderr,
    /hint: \/script is neither a program for Linux nor a script that begins/,
  );
});

needing()('doctor says what executes the platforms, and a build holds it', async (t) => {
  const said = await runTsbuild(['doctor'], { store: tempDir(t) });
  t.regex(
    said.stdout.toString(),
    /RUN of other platforms:\n\n {2}linux\/arm64 +works, emulated: \/.*qemu-aarch64-static\n/,
  );
});

needing()('an emulator in a folder of the user is found by $PATH, whatever its name is', async (t) => {
  const folder = join(tempDir(t), 'a:b|, c');
  mkdirSync(folder);
  copyFileSync('/usr/bin/qemu-aarch64-static', join(folder, 'qemu-aarch64-static'));
  // A colon would separate folders of $PATH.
  const link = join(tempDir(t), 'link');
  symlinkSync(folder, link);
  const space = workspace(t, FILES);
  const run = await space.build(ARM64, { env: { PATH: `${link}:${process.env['PATH']}` } });
  assertBuilt(t, run);
  t.true(run.stderr.includes(`are emulated by ${folder}/qemu-aarch64-static,`), run.stderr);
});
