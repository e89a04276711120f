// What a person sees: the built command in a real terminal.
import type { ExecutionContext } from 'ava';
import { join } from 'node:path';
import { writeBehaviourBase } from '../support/behaviour-base.js';
import { testNeeding } from '../support/requirements.js';
import { openTerminal, type Terminal } from '../support/terminal.js';
import { workspace } from '../support/workspace.js';

const testOnScreen = testNeeding('tmux', 'sandbox', 'busybox');

interface Size {
  readonly columns: number;
  readonly rows: number;
}

function show(
  t: ExecutionContext,
  dockerfile: string,
  { columns, rows }: Size,
  { args = [], env = {} }: { args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Terminal {
  const { root, context, store } = workspace(t, { Dockerfile: dockerfile });
  const base = join(root, 'base');
  writeBehaviourBase(base);
  const all = ['build', '--build-context', `busybox=oci-layout://${base}`, ...args, '.'];
  return openTerminal(t, all, { columns, rows, store, cwd: context, env });
}

function widest(screen: string): number {
  return Math.max(...screen.split('\n').map((row) => row.length));
}

// What a stage says before it waits to be stopped.
const SPEAKS = 'printf "one\\ntwo\\rthree\\n"; echo; sleep 300';
const SIDE_BY_SIDE = `FROM busybox AS left
RUN ${SPEAKS}
FROM busybox AS right
RUN printf '\\033[2J\\033[1;1Hevil\\n'; echo ${'long '.repeat(30)}; sleep 300
FROM scratch
COPY --from=left /etc/passwd /l
COPY --from=right /etc/passwd /r
`;

testOnScreen('stages that run side by side, narrower and wider, and stopped by a key', async (t) => {
  const terminal = show(t, SIDE_BY_SIDE, { columns: 100, rows: 24 });
  await terminal.until(/# three[^]*# evil|# evil[^]*# three/);
  const wide = await terminal.until(/\(\d\/6\)/);
  t.regex(wide, /^\[\+\] Building \d+\.\ds \(2\/6\)$/m);
  t.regex(wide, /^ => \[left 1\/2\] RUN printf .* \d+\.\ds$/m);
  t.regex(wide, /^ => => # one$/m);
  t.notRegex(wide, /# two/);
  terminal.resize(40, 24);
  const narrow = await terminal.until(/^ => \[right 1\/2\] RUN .{1,25} \d+\.\ds$/m);
  t.true(widest(narrow) < 40, narrow);
  t.regex(narrow, /^ => => # .*long$/m);
  terminal.resize(120, 24);
  await terminal.until(/^ => \[right 1\/2\] RUN .{60,} \d+\.\ds$/m);
  terminal.press('C-c');
  const end = await terminal.until(/status 130/);
  t.regex(end, /CANCELED \[left/);
  t.regex(end, /CANCELED \[right/);
  t.notRegex(end, /FINISHED|FAILED|ERROR \[/);
});

testOnScreen(
  'a failure: what failed, what was stopped for it, its last lines, and no word of having finished',
  async (t) => {
    const failing = SIDE_BY_SIDE.replace(SPEAKS, 'for i in 1 2 3; do echo line $i; done; exit 3');
    const terminal = show(t, failing, { columns: 90, rows: 50 });
    const end = await terminal.until(/status 1$/m);
    t.regex(end, /^\[\+\] Building \d+\.\ds \(\d\/6\) FAILED$/m);
    t.regex(end, /^ => ERROR \[left 1\/2\]/m);
    t.regex(end, /^ => CANCELED \[right 1\/2\]/m);
    t.regex(end, /^\d\.\d{3} line 3\n------$/m);
    t.regex(end, /^The whole log: tsbuild logs --build [0-9a-z]{12}$/m);
    t.notRegex(end, /FINISHED/);
    const red = terminal.screen({ colors: true }).split('\n');
    t.true(red.some((row) => row.includes('\x1b[31mERROR:\x1b[')));
  },
);

testOnScreen('more steps than rows: those that run are shown, the others counted', async (t) => {
  const stages = Array.from({ length: 20 }, (_, i) => `FROM busybox AS s${i}\nRUN echo ${i}; sleep 300\n`);
  const copies = stages.map((_, i) => `COPY --from=s${i} /etc/passwd /${i}\n`);
  const terminal = show(t, `${stages.join('')}FROM scratch\n${copies.join('')}`, { columns: 60, rows: 12 });
  const shown = await terminal.until(/\.\.\. \d+ more/);
  t.true(shown.split('\n').length <= 12);
  t.regex(shown, /^\[\+\] Building/);
  terminal.press('C-c');
  await terminal.until(/status 130/);
});

testOnScreen('a build of hits in a very narrow terminal', async (t) => {
  const terminal = show(t, 'FROM scratch\nWORKDIR /a\nWORKDIR /b\n', { columns: 20, rows: 30 });
  const end = await terminal.until(/status 0/);
  t.regex(end, /^\[\+\] Building/);
  t.regex(end, /^ => \[1\/2\] WO/m);
});

testOnScreen('CI, a dumb terminal and NO_COLOR', async (t) => {
  const file = 'FROM scratch\nWORKDIR /a\n';
  const size = { columns: 80, rows: 20 };
  for (const env of [{ CI: 'true' }, { TERM: 'dumb' }] as const)
    t.regex(await show(t, file, size, { env }).until(/status 0/), /^#\d \[1\/1\] WORKDIR \/a$/m);
  const plain = show(t, file, size, { env: { NO_COLOR: '1' } });
  await plain.until(/status 0/);
  t.notRegex(plain.screen({ colors: true }), /\x1b\[[0-9;]*m/);
});
