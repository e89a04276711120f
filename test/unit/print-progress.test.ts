// What a program sees of a build when it prints its progress, and of a failure.
import test, { type ExecutionContext } from 'ava';
import { build, formatError, printProgress, TsbuildError, type BuildEvent } from '../../src/index.js';
import type { PrintProgressOptions } from '../../src/print-progress.js';
import { createRig } from '../rig/rig.js';
import { tempDir } from '../support/temp-store.js';

interface Printed {
  readonly text: () => string;
  readonly stream: NonNullable<PrintProgressOptions['stream']>;
}

function printed(terminal: Partial<Printed['stream']> = {}): Printed {
  let text = '';
  return { text: () => text, stream: { write: (more) => void (text += more), ...terminal } };
}

const ENV = { TERM: 'xterm-256color' };
const TERMINAL = { isTTY: true, columns: 80, rows: 24 };

function buildOf(
  t: ExecutionContext,
  onEvent: (event: BuildEvent) => void,
  lines: string,
  root = tempDir(t),
) {
  return build(
    { context: root, dockerfileText: `FROM scratch\n${lines}` },
    { env: { TSBUILD_ROOT: root, HOME: root }, cwd: root, onEvent },
  );
}

const FILE = 'COPY <<E /f\nx\nE\n';

test('plain lines, which are complete when the build resolves, and a block for each build', async (t) => {
  const { text, stream } = printed();
  const onEvent = await printProgress({ stream, env: ENV });
  const root = tempDir(t);
  await buildOf(t, onEvent, FILE, root);
  t.regex(text(), /^#1 \[internal\] load build definition from Dockerfile\n#1 DONE \d+\.\ds\n/);
  t.regex(text(), /\[1\/1\] COPY <<E \/f\n#\d+ DONE/);
  const first = text().length;
  await buildOf(t, onEvent, FILE, root);
  t.regex(text().slice(first), /^\n#1 \[internal\][^]*CACHED/);
});

test('a terminal gets a block that is drawn over itself, without colours when they are not wanted', async (t) => {
  for (const color of [true, false]) {
    const { text, stream } = printed(TERMINAL);
    await buildOf(t, await printProgress({ stream, color, env: ENV }), FILE);
    t.regex(text(), /\[\+\] Building \d+\.\ds \(\d+\/\d+\) FINISHED/);
    t.is(/\u001b\[\d*m/.test(text()), color);
  }
  const dumb = printed(TERMINAL);
  await buildOf(t, await printProgress({ stream: dumb.stream, env: { TERM: 'dumb' } }), FILE);
  t.false(dumb.text().includes('\u001b'));
});

test('rawjson is one object a line, whose first line is said once; quiet is silent', async (t) => {
  const json = printed();
  const silent = printed();
  const print = await printProgress({ stream: json.stream, mode: 'rawjson' });
  const quiet = await printProgress({ stream: silent.stream, mode: 'quiet' });
  for (const name of ['a', 'b'])
    await buildOf(
      t,
      (event) => {
        print(event);
        quiet(event);
      },
      `${FILE}LABEL n=${name}\n`,
    );
  const lines = json.text().trimEnd().split('\n');
  const known = lines.map((line) => Object.keys(JSON.parse(line) as object)[0]);
  t.is(known[0], 'tsbuild');
  t.is(known.filter((key) => key === 'tsbuild').length, 1);
  t.is(known.filter((key) => key === 'build').length, 2);
  t.is(silent.text(), '');
});

test('builds at the same time share a block, each step with the name of its build', async (t) => {
  const { text, stream } = printed();
  const print = await printProgress({ stream, env: ENV });
  const root = tempDir(t);
  await Promise.all(
    ['web', 'api'].map((name) => buildOf(t, print.named(name), `${FILE}LABEL n=${name}\n`, root)),
  );
  for (const name of ['web', 'api']) t.true(text().includes(`[${name} 1/1] COPY <<E /f`), text());
  const numbers = [...text().matchAll(/^#(\d+) \[/gm)].map(([, number]) => number);
  t.is(new Set(numbers).size, numbers.length);
});

test('events of other functions are drawn by end()', async (t) => {
  const { text, stream } = printed();
  const print = await printProgress({ stream, env: ENV });
  print({ kind: 'step-start', step: { id: 'a', name: 'pull' }, time: 1 });
  print({ kind: 'step-end', id: 'a', status: 'done', time: 2 });
  print.end();
  t.is(text(), '#1 pull\n#1 DONE 1.0s\n');
  print.end();
});

test('a RUN that fails: its last lines are told with the error, once', async (t) => {
  const rig = createRig(t);
  const failing = rig.build('FROM scratch\nRUN one\n');
  const run = await rig.nextRun('one');
  run.says('compiling\nundefined symbol\n');
  run.exits(2);
  const error = await failing.failure();
  const { text, stream } = printed();
  const print = await printProgress({ stream, env: ENV });
  for (const event of failing.events) print(event);
  print.end();
  t.regex(text(), /^#2 \d\.\d+ undefined symbol\n#2 ERROR: process .* exit code: 2\n$/m);
  t.notRegex(text(), /-----/);
  const formatted = await formatError(error);
  t.true(formatted.startsWith('------\n > [1/1] RUN one:\ncompiling\nundefined symbol\n------\n'), formatted);
  t.regex(formatted, /Dockerfile:2\n[^]*>>> RUN one\n/);
  t.regex(formatted, /\nERROR: failed to build: failed to solve: process .* exit code: 2\n/);
  t.false(formatted.includes('\u001b'));
  t.true((await formatError(error, { color: true })).includes('\u001b[31mERROR:\u001b[0m'));
});

test('errors of others are their message, without what could move the terminal', async (t) => {
  t.is(await formatError(new RangeError('a\u001b[2Jb')), 'ERROR: RangeError: a\\x1b[2Jb\n');
  t.is(await formatError('text'), 'ERROR: text\n');
  t.is(await formatError(new TsbuildError('OPTION_INVALID', 'm', { hint: 'h' })), 'ERROR: m\nhint: h\n');
});

test('wrong options are refused by name', async (t) => {
  for (const [options, message] of [
    [{ mode: 'ty' }, /^options\.mode is "ty", but it must be one of auto, tty/],
    [{ colour: true }, /^unknown member options\.colour \(did you mean color\?\)/],
    [{ stream: {} }, /^options\.stream\.write is undefined, but it must be a function/],
    [{ mode: 'tty', stream: printed().stream }, /^options\.mode is "tty", .*no terminal/],
  ] as const)
    t.regex(
      (await t.throwsAsync(printProgress(options as never), { code: 'OPTION_INVALID' })).message,
      message,
    );
  await t.throwsAsync(formatError(new Error('x'), { colour: 1 } as never), { code: 'OPTION_INVALID' });
});
