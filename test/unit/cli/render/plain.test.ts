import test from 'ava';
import fc from 'fast-check';
import type { BuildEvent } from '../../../../src/core/events.js';
import { ciSections } from '../../../../src/cli/render/ci-sections.js';
import { createPlainRenderer } from '../../../../src/cli/render/plain.js';

const START = 1_700_000_000;

/** A renderer whose clock the test sets; `at` gives an event at a time in seconds from the start and refreshes. */
function setUp({ env = {} as NodeJS.ProcessEnv } = {}) {
  let time = START;
  let out = '';
  const renderer = createPlainRenderer({
    write: (text) => void (out += text),
    now: () => time,
    sections: ciSections(env),
  });
  const at = (seconds: number, ...events: BuildEvent[]) => {
    time = START + seconds;
    events.forEach(renderer.onEvent);
    renderer.refresh();
  };
  return { renderer, at, output: () => out };
}

const start = (id: string, name: string, seconds: number): BuildEvent => ({
  kind: 'step-start',
  step: { id, name },
  time: START + seconds,
});
const log = (id: string, text: string, seconds: number): BuildEvent => ({
  kind: 'step-log', id, stream: 1, data: Buffer.from(text), time: START + seconds,
}); // prettier-ignore
type Status = 'done' | 'cached' | 'error' | 'canceled';
const end = (id: string, status: Status, seconds: number, message?: string): BuildEvent => ({
  kind: 'step-end', id, status, time: START + seconds,
  ...(message === undefined ? {} : { error: { code: 'STEP_EXIT_NONZERO', message } }),
}); // prettier-ignore

test('steps, rows, logs, switching and endings as BuildKit prints them', (t) => {
  const { renderer, at, output } = setUp();
  at(0, start('a', '[internal] load build definition from Dockerfile', 0));
  at(0.01, {
    kind: 'step-progress',
    id: 'a',
    item: 'transferring dockerfile',
    current: 227,
    total: 0,
    unit: 'bytes',
    isDone: true,
    time: START,
  });
  at(0.02, end('a', 'done', 0.02));
  at(1, start('b', '[build 2/3] RUN make', 1));
  at(1.312, log('b', 'gcc -c a.c\n', 1.312));
  at(2, start('c', '[stage-1 1/2] COPY . .', 2), end('c', 'cached', 2));
  at(5.2, log('b', 'ld ok\n', 5.2));
  at(5.3, end('b', 'done', 5.3));
  renderer.finish();
  t.is(
    output(),
    `#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 227B done
#1 DONE 0.0s

#2 [build 2/3] RUN make
#2 0.312 gcc -c a.c
#2 ...

#3 [stage-1 1/2] COPY . .
#3 CACHED

#2 [build 2/3] RUN make
#2 4.200 ld ok
#2 DONE 4.3s
`,
  );
});

test('errors and cancellations', (t) => {
  const { renderer, at, output } = setUp();
  at(0, start('a', '[2/2] RUN exit 3', 0), start('b', '[x 1/1] RUN sleep', 0));
  at(1, end('a', 'error', 1, 'process "/bin/sh -c exit 3" did not complete successfully: exit code: 3'));
  at(1, end('b', 'canceled', 1));
  renderer.finish();
  t.true(
    output().includes('#1 ERROR: process "/bin/sh -c exit 3" did not complete successfully: exit code: 3\n'),
  );
  t.true(output().endsWith('#2 CANCELED\n'));
});

test('progress is printed again only after five percent or five seconds', (t) => {
  const { at, output } = setUp();
  const row = (current: number, seconds: number, isDone = false): BuildEvent => ({
    kind: 'step-progress', id: 'a', item: 'sha256:abc', current, total: 1_000_000, unit: 'bytes', isDone, time: START + seconds,
  }); // prettier-ignore
  at(0, start('a', 'pull', 0));
  at(0.1, row(0, 0.1));
  at(0.2, row(1000, 0.2));
  at(0.3, row(60_000, 0.3));
  at(5.5, row(61_000, 5.5));
  at(6, row(1_000_000, 6, true));
  t.is(
    output(),
    `#1 pull
#1 sha256:abc 0B / 1.00MB
#1 sha256:abc 60.00kB / 1.00MB 0.2s
#1 sha256:abc 61.00kB / 1.00MB 5.4s
#1 sha256:abc 1.00MB / 1.00MB 5.9s done
`,
  );
});

test('the digits of the time in front of a log line', (t) => {
  const { at, output } = setUp();
  at(0, start('a', 'RUN', 0));
  at(9.5, log('a', 'a\n', 9.5));
  at(42.123, log('a', 'b\n', 42.123));
  at(123.456, log('a', 'c\n', 123.456));
  t.is(output(), '#1 RUN\n#1 9.500 a\n#1 42.12 b\n#1 123.5 c\n');
});

test('a line without an end is shown at once, continued, and ended at a switch', (t) => {
  const { at, output } = setUp();
  at(0, start('a', 'RUN', 0));
  at(1, log('a', '..', 1));
  at(2, log('a', '..', 2));
  at(3, log('a', '.\nnext', 3));
  at(4, start('b', 'COPY', 4), end('b', 'cached', 4));
  at(5, end('a', 'done', 5));
  t.is(
    output(),
    '#1 RUN\n#1 1.000 .....\n#1 3.000 next\n#1 ...\n\n#2 COPY\n#2 CACHED\n\n#1 RUN\n#1 3.000 next\n#1 DONE 5.0s\n',
  );
});

test('a step that waits gets the output after ten seconds', (t) => {
  const { at, output } = setUp();
  at(0, start('a', 'RUN a', 0), log('a', 'a0\n', 0));
  at(1, start('b', 'RUN b', 1), log('b', 'b1\n', 1));
  for (let s = 2; s <= 4; s++) at(s, log('a', `a${s}\n`, s));
  t.false(output().includes('RUN b'));
  at(12, log('a', 'a12\n', 12));
  t.true(output().includes('#1 ...\n\n#2 RUN b\n#2 0.000 b1\n'));
});

test('much output of a step that waits is not kept in memory', (t) => {
  const { renderer, at, output } = setUp();
  at(0, start('a', 'RUN a', 0), start('b', 'RUN b', 0));
  for (let i = 0; i < 200; i++) renderer.onEvent(log('b', `${'x'.repeat(9_999)}\n`, 0));
  t.true(output().length > 900_000);
});

test('a note does not split the step that is shown', (t) => {
  const { at, output } = setUp();
  at(0, start('a', 'RUN', 0));
  at(0, { kind: 'note', message: 'network: pasta is missing' });
  at(1, end('a', 'done', 1));
  t.is(output(), '#1 RUN\nnote: network: pasta is missing\n#1 DONE 1.0s\n');
});

test('no output and no name can forge a line', (t) => {
  const hostile = [
    '\r#7 DONE 0.0s',
    '\x1b[2K\x1b[1G#7 DONE',
    '\x1b]0;title\x07x',
    '\x9b2J',
    '\b\b\b\b#7',
    '\u202e#7',
  ];
  const { renderer, at, output } = setUp();
  at(0, start('a', `RUN ${hostile.join('')}\n#7 DONE`, 0));
  hostile.forEach((text, i) => at(i, log('a', `${text}\n`, i)));
  at(9, log('a', '\x1b[31mred\x1b[0m\n', 9));
  at(10, end('a', 'error', 10, 'bad\n#7 DONE 0.0s\x1b[2J'));
  renderer.finish();
  for (const line of output().split('\n')) {
    t.regex(line, /^(#1 |  #7 DONE|$)/, JSON.stringify(line));
    t.notRegex(line.replaceAll(/\x1b\[[0-9;]*m/g, ''), /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
  }
  t.true(output().includes('\x1b[31mred\x1b[0m'));
});

test('every line of any output is printed once, however it is cut into chunks', (t) => {
  const text = fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', '漢', '😀', ' ') }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 6 }), (lines, cuts) => {
      const { renderer, at, output } = setUp();
      at(0, start('a', 'RUN', 0));
      const data = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const ends = [...cuts.map((cut) => Math.min(cut, data.length)).sort((a, b) => a - b), data.length];
      ends.forEach((to, i) =>
        at(0, {
          kind: 'step-log',
          id: 'a',
          stream: 1,
          data: data.subarray(ends[i - 1] ?? 0, to),
          time: START,
        }),
      );
      renderer.finish();
      t.is(output(), `#1 RUN\n${lines.map((line) => `#1 0.000 ${line}\n`).join('')}`);
    }),
  );
});

test('a note behind half a line and between two steps', (t) => {
  const { at, output } = setUp();
  at(0, start('a', 'RUN', 0), log('a', 'half', 0));
  at(1, { kind: 'note', message: 'n' });
  at(2, log('a', ' a line\n', 2), end('a', 'done', 2));
  at(3, { kind: 'note', message: 'm' });
  t.is(output(), '#1 RUN\n#1 0.000 half\nnote: n\n#1 0.000 half a line\n#1 DONE 2.0s\n\nnote: m\n');
});

test('the clock of a step does not count what it waited for', (t) => {
  const { at, output } = setUp();
  at(0, start('a', 'RUN a', 0));
  at(7, { kind: 'step-work', id: 'a', time: START + 7 }, log('a', 'x\n', 7.5));
  at(8, end('a', 'done', 8));
  t.is(output(), '#1 RUN a\n#1 0.500 x\n#1 DONE 1.0s\n');
});

/** A step with output, interrupted once by another, and a hit. */
function threeSteps(env: NodeJS.ProcessEnv): string {
  const { renderer, at, output } = setUp({ env });
  at(0, start('a', 'RUN 100%', 0), log('a', 'one\n', 0));
  at(20, start('b', 'RUN b', 9), log('b', 'two\n', 9), end('b', 'done', 10));
  at(30, log('a', '::error::x\n', 30), end('a', 'error', 30, 'm'));
  at(31, start('c', 'COPY', 31), end('c', 'cached', 31));
  renderer.finish();
  return output();
}

test('groups of GitHub Actions: closed before the end of the step, none for what has no output', (t) => {
  t.is(
    threeSteps({ GITHUB_ACTIONS: 'true' }),
    `::group::#1 RUN 100%25
#1 0.000 one
#1 ...
::endgroup::

::group::#2 RUN b
#2 0.000 two
::endgroup::
#2 DONE 1.0s

::group::#1 RUN 100%25
#1 30.00 ::error::x
::endgroup::
#1 ERROR: m

#3 COPY
#3 CACHED
`,
  );
});

test('sections of GitLab have a name each and are folded', (t) => {
  const output = threeSteps({ GITLAB_CI: 'true' });
  const opened = [...output.matchAll(/section_start:\d+:(\w+)\[collapsed=true\]\r\x1b\[0K#/g)].map(
    ([, name]) => name,
  );
  const closed = [...output.matchAll(/section_end:\d+:(\w+)\r\x1b\[0K/g)].map(([, name]) => name);
  t.is(new Set(opened).size, 3);
  t.deepEqual(closed, opened);
});
