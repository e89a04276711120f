import test from 'ava';
import type { BuildEvent } from '../../../../src/core/events.js';
import { createPalette } from '../../../../src/cli/render/palette.js';
import { createTtyRenderer } from '../../../../src/cli/render/tty.js';
import { createFakeTerminal } from './fake-terminal.js';

const START = 1_700_000_000;
const NO_COLOR = { NO_COLOR: '1' };

function setUp({ columns = 60, rows = 12, env = NO_COLOR as NodeJS.ProcessEnv } = {}) {
  let time = START;
  const written: string[] = [];
  const terminal = createFakeTerminal(columns, rows);
  const write = (text: string) => {
    written.push(text);
    terminal.write(text);
  };
  const size = () => ({ columns, rows });
  const renderer = createTtyRenderer({
    write,
    now: () => time,
    size,
    palette: createPalette(env),
    logLines: 6,
  });
  const at = (seconds: number, ...events: BuildEvent[]) => {
    time = START + seconds;
    events.forEach(renderer.onEvent);
    renderer.refresh();
  };
  return { renderer, terminal, at, written };
}

const start = (id: string, name: string, seconds: number): BuildEvent => ({
  kind: 'step-start',
  step: { id, name },
  time: START + seconds,
});
const end = (id: string, status: 'done' | 'cached' | 'error' | 'canceled', seconds: number): BuildEvent => ({
  kind: 'step-end', id, status, time: START + seconds,
}); // prettier-ignore
const log = (id: string, text: string, seconds: number): BuildEvent => ({
  kind: 'step-log', id, stream: 2, data: Buffer.from(text), time: START + seconds,
}); // prettier-ignore

test('a busy build and its end', (t) => {
  const { renderer, terminal, at } = setUp();
  at(0, start('a', '[internal] load build definition from Dockerfile', 0));
  at(0.1, end('a', 'done', 0.1), start('b', '[2/3] RUN make', 0.1));
  at(1, log('b', 'one\ntwo\nthr', 1), {
    kind: 'step-progress', id: 'b', item: 'sha256:abc', current: 1_200_000, total: 3_000_000, unit: 'bytes', time: START + 1,
  }); // prettier-ignore
  at(3.4);
  t.is(
    terminal.text(),
    `[+] Building 3.4s (1/2)
 => [internal] load build definition from Dockerfile   0.1s
 => [2/3] RUN make                                     3.3s
 => => # one
 => => # two
 => => # thr
 => => sha256:abc 1.20MB / 3.00MB                      2.4s`,
  );
  at(4, end('b', 'done', 4));
  renderer.finish();
  t.is(
    terminal.text(),
    `[+] Building 4.0s (2/2) FINISHED
 => [internal] load build definition from Dockerfile   0.1s
 => [2/3] RUN make                                     3.9s
 => => sha256:abc 1.20MB / 3.00MB                      3.0s`,
  );
  t.true(terminal.isCursorVisible());
});

test('only the last six lines of a step show', (t) => {
  const { terminal, at } = setUp({ rows: 20 });
  at(0, start('a', 'RUN', 0));
  at(1, log('a', Array.from({ length: 50 }, (_, i) => `line ${i}\n`).join(''), 1));
  const shown = terminal
    .text()
    .split('\n')
    .filter((line) => line.includes('#'));
  t.deepEqual(
    shown,
    [44, 45, 46, 47, 48, 49].map((i) => ` => => # line ${i}`),
  );
});

test('the block is never taller than the terminal while it moves; open steps stay; at the end all is there', (t) => {
  const { renderer, terminal, at } = setUp({ rows: 8 });
  at(0, start('open', 'RUN sleep', 0));
  for (let i = 0; i < 20; i++) at(i + 1, start(`s${i}`, `step ${i}`, i), end(`s${i}`, 'cached', i));
  const lines = terminal.text().split('\n');
  t.true(lines.length <= 8, terminal.text());
  t.true(lines.some((line) => line.includes('RUN sleep')));
  t.true(lines.some((line) => line.includes('CACHED step 19')));
  at(30, end('open', 'canceled', 30));
  renderer.finish();
  t.is(terminal.text().split('\n').length, 22);
  t.true(terminal.text().includes('CANCELED RUN sleep'));
});

test('no row is wider than the terminal, whatever its characters', (t) => {
  for (const columns of [5, 20, 41, 80]) {
    const { renderer, terminal, at } = setUp({ columns, rows: 30 });
    at(0, start('a', `RUN ${'漢字😀é\t'.repeat(40)}`, 0), log('a', `${'語'.repeat(300)}\n`, 0));
    at(1, log('a', 'x\r\x1b[2J\x1b[10Ay\n', 1));
    at(2);
    renderer.finish();
    t.is(terminal.text().split('\n').length, 2, `${columns} columns:\n${terminal.text()}`);
  }
});

test('a frame is one write, overwrites in place and leaves the cursor on', (t) => {
  const { at, written } = setUp();
  at(0, start('a', 'RUN', 0));
  const before = written.length;
  at(1);
  t.is(written.length, before + 1);
  const frame = written.at(-1)!;
  t.true(frame.startsWith('\x1b[?25l\x1b[2A\r'));
  t.true(frame.endsWith('\x1b[?25h'));
  t.false(frame.includes('\x1b[2J'));
});

test('a note scrolls by above the block', (t) => {
  const { terminal, at } = setUp();
  at(0, start('a', 'RUN', 0));
  at(1, { kind: 'note', message: 'sandbox: userns' });
  t.is(terminal.text().split('\n')[0], 'note: sandbox: userns');
  t.is(terminal.text().split('\n').length, 3);
});

test('colours follow NO_COLOR and BUILDKIT_COLORS', (t) => {
  const frameWith = (env: NodeJS.ProcessEnv) => {
    const { at, written } = setUp({ env });
    at(0, start('a', 'RUN', 0), end('a', 'error', 0));
    return written.join('');
  };
  t.true(frameWith({ TERM: 'xterm' }).includes('\x1b[31m => ERROR RUN'));
  t.true(
    frameWith({ TERM: 'xterm', BUILDKIT_COLORS: 'error=green:bogus=1:run=nocolor' }).includes(
      '\x1b[32m => ERROR',
    ),
  );
  t.true(frameWith({ COLORTERM: 'truecolor', BUILDKIT_COLORS: 'error=1,2,3' }).includes('\x1b[38;2;1;2;3m'));
  t.false(/\x1b\[[0-9;]*m/.test(frameWith(NO_COLOR)));
});

test('nothing is drawn for a build without steps', (t) => {
  const { renderer, terminal } = setUp();
  renderer.finish();
  t.is(terminal.text(), '');
});

const plan = (...ids: string[]): BuildEvent => ({
  kind: 'plan',
  steps: ids.map((id) => ({ id, name: id })),
  time: START,
});

test('the total counts what will come, and nothing that failed has finished', (t) => {
  const { renderer, terminal, at } = setUp();
  at(0, start('file', '[internal] load', 0), end('file', 'done', 0), plan('a', 'b', 'c'));
  at(1, start('a', 'RUN a', 1));
  t.is(terminal.text().split('\n')[0], '[+] Building 1.0s (1/4)');
  at(2, end('a', 'error', 2));
  renderer.finish();
  t.is(terminal.text().split('\n')[0], '[+] Building 2.0s (2/4) FAILED');
});

test('what was interrupted has not finished', (t) => {
  const { renderer, terminal, at } = setUp();
  at(0, start('a', 'RUN a', 0), end('a', 'canceled', 0));
  renderer.finish();
  t.is(terminal.text().split('\n')[0], '[+] Building 0.0s (1/1)');
});

test('the clock of a step does not count what it waited for', (t) => {
  const { terminal, at } = setUp();
  at(0, start('a', 'RUN a', 0));
  at(9, { kind: 'step-work', id: 'a', time: START + 9 });
  at(10);
  t.regex(terminal.text(), /=> RUN a +1\.0s/);
});

test('what moves has a bar and a speed where there is room', (t) => {
  const moves = { kind: 'step-progress', id: 'a', item: 'sha256:abc', unit: 'bytes', total: 4e6 } as const;
  const rows = [100, 50, 24].map((columns) => {
    const { terminal, at } = setUp({ columns });
    at(0, start('a', 'RUN', 0), { ...moves, current: 0, time: START });
    at(2, { ...moves, current: 2e6, time: START + 2 });
    return terminal.text().split('\n')[2]?.replace(/ +/g, ' ');
  });
  t.deepEqual(rows, [
    ' => => sha256:abc [==========> ] 2.00MB / 4.00MB 1.00MB/s 2.0s',
    ' => => sha256:abc 2.00MB / 4.00MB 1.00MB/s 2.0s',
    ' => => sha256:abc 2.0s',
  ]);
});

test('a carriage return begins a line anew, and a long line goes on in the next row', (t) => {
  const { terminal, at } = setUp({ columns: 20 });
  at(0, start('a', 'RUN', 0), log('a', '10%\r20%\r', 0), log('a', '30%', 0));
  at(1);
  t.deepEqual(terminal.text().split('\n').slice(2), [' => => # 30%']);
  at(2, log('a', '\r\nabcdefghijklmnop\n', 2));
  t.deepEqual(terminal.text().split('\n').slice(2), [
    ' => => # 30%',
    ' => => # abcdefghij',
    ' => => # klmnop',
  ]);
});

test('rows without a place are counted', (t) => {
  const { terminal, at } = setUp({ rows: 8 });
  for (let i = 0; i < 20; i++) at(i, start(`s${i}`, `step ${i}`, i));
  t.is(terminal.text().split('\n')[1], '    ... 15 more');
  t.is(terminal.text().split('\n').length, 7);
});
