// A shell where a RUN failed: during the build in a real terminal, and after it.
import type { ExecutionContext } from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBehaviourBase } from '../support/behaviour-base.js';
import { findOrdinaryUser, type OrdinaryUser } from '../support/ordinary-user.js';
import { testNeeding } from '../support/requirements.js';
import { openTerminal } from '../support/terminal.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { workspace } from '../support/workspace.js';

const testOnScreen = testNeeding('tmux', 'sandbox', 'busybox');
const testInSandbox = testNeeding('sandbox', 'busybox');

const ordinary = findOrdinaryUser();
const users = process.getuid?.() === 0 ? [undefined, ...(ordinary ? [ordinary] : [])] : [undefined];
const SIZE = { columns: 250, rows: 50 };

const FAILING = `FROM busybox AS tools
RUN mkdir /t; echo tool > /t/x
FROM busybox
RUN mkdir -p /work && chown 1000:1000 /work
WORKDIR /work
ARG COLOR=blue
USER app
RUN --mount=type=cache,target=/cache,uid=1000 --mount=type=secret,id=token,env=TOKEN \\
  --mount=from=tools,source=/t,target=/tools --mount=target=/src \\
  echo half > made; echo kept >> /cache/count; cat /src/Dockerfile > /dev/null; exit 7
`;

function space(t: ExecutionContext, dockerfile: string, user?: OrdinaryUser) {
  const made = workspace(t, { Dockerfile: dockerfile }, { user });
  const base = join(made.root, 'base');
  writeBehaviourBase(base);
  writeFileSync(join(made.context, 'token'), 'sesame', { mode: 0o644 });
  const args = ['--build-context', `busybox=oci-layout://${base}`, '--secret', 'id=token,src=token'];
  return { ...made, args };
}

function shellIn(
  t: ExecutionContext,
  { context, store, args }: ReturnType<typeof space>,
  { user, more = [] }: { readonly user?: OrdinaryUser | undefined; readonly more?: readonly string[] } = {},
) {
  const all = ['build', '--on-error=shell', ...args, ...more, '.'];
  return openTerminal(t, all, { ...SIZE, store, cwd: context, user });
}

for (const user of users) {
  const name = user?.name ?? 'the invoking user';
  testOnScreen(`--on-error=shell for ${name} has what the command had and left`, async (t) => {
    const made = space(t, FAILING, user);
    const terminal = shellIn(t, made, { user });
    await terminal.until(/failed: exit code: 7\nA shell with the files as it left them/);
    terminal.type('echo user=$(id -u) in $(pwd) $COLOR-$TOKEN-$TERM');
    await terminal.until(/^user=1000 in \/work blue-sesame-screen-256color$/m);
    terminal.type('cat made /cache/count /tools/x; test -f /src/Dockerfile && echo bound');
    await terminal.until(/^half\nkept\ntool\nbound$/m);
    // Its keys are the shell's, and its size is the terminal's.
    terminal.type('sleep 300');
    terminal.press('C-c');
    terminal.type('echo went on');
    await terminal.until(/^went on$/m);
    terminal.type('exit 0');
    const end = await terminal.until(/status \d+$/m);
    t.regex(end, /did not complete successfully: exit code: 7$/m);
    t.regex(end, /status 1$/m);
    t.notRegex(end, /A shell in that step/);
  });
}

testOnScreen(
  'the failure of another stage does not close the shell, and is not the one of the build',
  async (t) => {
    const made = space(
      t,
      `FROM busybox AS slow
RUN sleep 3; echo slow; exit 9
FROM busybox
RUN exit 7
COPY --from=slow /bin/sh /x
`,
    );
    const terminal = shellIn(t, made);
    await terminal.until(/A shell with the files as it left them/);
    terminal.type('sleep 5; echo still here');
    const shown = await terminal.until(/^still here$/m);
    t.notRegex(shown, /exit code: 9/);
    terminal.press('C-d');
    t.regex(await terminal.until(/status 1$/m), /ERROR: .* exit code: 7$/m);
  },
);

testOnScreen('an image without a shell ends the build as it would end without the option', async (t) => {
  const made = space(t, 'FROM scratch\nCOPY Dockerfile /x\nRUN ["/x"]\n');
  const terminal = shellIn(t, made);
  const end = await terminal.until(/status 1$/m);
  t.regex(end, /no shell could be opened/);
});

testOnScreen(
  'tsbuild debug opens a shell in a terminal, named where a terminal sees the failure',
  async (t) => {
    const made = space(t, FAILING);
    const { context, store, args } = made;
    const build = openTerminal(t, ['build', ...args, '.'], { ...SIZE, store, cwd: context });
    const [, id = ''] = /^A shell in that step: tsbuild debug ([0-9a-z]{12})$/m.exec(
      await build.until(/status 1$/m),
    )!;
    const terminal = openTerminal(t, ['debug', id.slice(0, 11)], { ...SIZE, store, cwd: context });
    const title = await terminal.until(/A shell with the files from before it/);
    t.regex(title, /^note: the build had, and is not here: the secret token$/m);
    terminal.type('ls; cat /cache/count; tty; stty size 2>/dev/null; exit 5');
    t.regex(await terminal.until(/status 5$/m), /^kept\n\/dev\/pts\/\d+$/m);
  },
);

testInSandbox('without a terminal: one line, the failure, and commands of tsbuild debug', async (t) => {
  const made = space(t, FAILING);
  const { store, context } = made;
  const failing = await made.build(['--on-error=shell', ...made.args], { cwd: context });
  t.is(failing.code, 1);
  t.is(failing.stderr.match(/--on-error=shell is ignored: .* no terminal/g)?.length, 1);
  t.notRegex(failing.stderr, /A shell in that step/);
  const debug = (...args: readonly string[]) => runTsbuild(['debug', ...args], { store });
  const before = await debug('--', 'sh', '-c', 'echo "$COLOR-$TOKEN-$TERM"; id -u; pwd; cat /tools/x; ls');
  t.is(before.stdout.toString(), 'blue--\n1000\n/work\ntool\n', before.stderr);
  t.is(before.code, 0);
  const after = await debug('--after', '--', 'sh', '-c', 'cat made; exit 6');
  t.is(after.stdout.toString(), 'half\n', after.stderr);
  t.is(after.code, 6);
  const earlier = await debug('--step', '2', '--', 'sh', '-c', 'test -f /work/made || ls -ld /work');
  t.regex(earlier.stdout.toString(), /^d/);
  const fed = await runTsbuild(['debug', '--', 'cat'], { store, input: 'fed' });
  t.is(fed.stdout.toString(), 'fed');
});

testInSandbox('what cannot be opened is refused by name', async (t) => {
  const made = space(t, 'FROM busybox\nRUN true\nARG FAIL\nRUN test -z "$FAIL"\n');
  const { store, context, args } = made;
  const debug = (...words: readonly string[]) => runTsbuild(['debug', ...words], { store });
  const refused = async (wanted: RegExp, ...words: readonly string[]) => {
    const { code, stderr } = await debug(...words);
    t.not(code, 0);
    t.regex(stderr, wanted);
  };
  await refused(/there is no log of a build/);
  await made.build([...args, '--build-arg', 'FAIL=1'], { cwd: context });
  await refused(/has no step 9 up to it[^]*its steps are 1, 2/, '--step', '9');
  await refused(/"x" is no number/, '--step', 'x');
  await refused(/cannot be run at another step/, '--step', '2', '--after');
  await refused(/nowhere/, '--', 'nowhere');
  await refused(/at most 1 argument/, 'a', 'b');
  t.is((await made.build(args, { cwd: context })).code, 0);
  await refused(/no command of a RUN has failed in the build/);
  await made.build([...args, '--build-arg', 'FAIL=1'], { cwd: context });
  await runTsbuild(['prune', '--all', '--force'], { store });
  await refused(/no longer in the store[^]*run the build again/);
});
