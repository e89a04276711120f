import test from 'ava';
import fc from 'fast-check';
import { TsbuildError } from '../../../../src/core/errors.js';
import { displayWidth, fitToWidth, truncateToWidth } from '../../../../src/cli/render/display-width.js';
import { renderError } from '../../../../src/cli/render/error.js';
import {
  completeLength,
  escapeJson,
  escapeLine,
  escapeMessage,
  sanitizeLog,
} from '../../../../src/cli/render/escape.js';
import { createFailedSteps } from '../../../../src/cli/render/failed-steps.js';
import { renderBuildError, renderFindings, renderFindingsJson } from '../../../../src/cli/render/findings.js';
import { formatBytes, formatItem, formatProgress } from '../../../../src/cli/render/format.js';
import { createLogLines } from '../../../../src/cli/render/log-lines.js';
import { renderSummary } from '../../../../src/cli/render/summary.js';
import { renderWarnings } from '../../../../src/cli/render/warnings.js';

const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\x1b', '[', ']', '3', '1', 'm', ';', '\x9b', '\x07', '\r', '\n', '\\'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
});

test('an escaped line has no control character', (t) => {
  t.is(escapeLine('a\x1b[2J\r\nb\tc\u202e'), 'a\\x1b[2J\\x0d\\nb\tc\\u202e');
  fc.assert(fc.property(anyText, (text) => t.notRegex(escapeLine(text), CONTROL)));
});

test('the lines of a message after the first are indented', (t) => {
  t.is(escapeMessage('a\nERROR: b\r\nhint: c'), 'a\n  ERROR: b\n  hint: c');
});

test('sanitised log output holds only colours', (t) => {
  t.is(sanitizeLog('\x1b[1;31mred\x1b[0m', { colors: 'drop' }), 'red');
  t.is(sanitizeLog('\x1b[1;31mred', { colors: 'keep' }), '\x1b[1;31mred\x1b[0m');
  t.is(sanitizeLog('a\x1b]8;;http://x\x1b\\b\x1b(Bc\x1b7d', { colors: 'keep' }), 'abcd');
  fc.assert(
    fc.property(anyText, (text) => {
      t.notRegex(sanitizeLog(text, { colors: 'drop' }), CONTROL);
      t.notRegex(sanitizeLog(text, { colors: 'keep' }).replaceAll(/\x1b\[[0-9;:]*m/g, ''), CONTROL);
    }),
  );
});

test('a sequence that has only begun is waited for', (t) => {
  t.is(completeLength('ab'), 2);
  t.is(completeLength('ab\x1b'), 2);
  t.is(completeLength('ab\x1b[3'), 2);
  t.is(completeLength('ab\x1b[31m'), 7);
});

test('log lines: line feeds, carriage returns, cut characters, bounds', (t) => {
  const lines = (chunks: (string | Buffer)[]) => {
    const log = createLogLines();
    const out = chunks.flatMap((chunk, i) => log.write(Buffer.from(chunk), i).map(({ text }) => text));
    return [...out, log.partial()?.text];
  };
  t.deepEqual(lines(['a\nb\r\nc\rd']), ['a', 'b', 'c', 'd']);
  t.deepEqual(lines(['a\r', '\nb\r', 'c']), ['a', 'b', 'c']);
  t.deepEqual(lines(['\n\n']), ['', '', undefined]);
  t.deepEqual(lines(['1%\r\r2%\r']), ['1%', '2%', undefined]);
  t.deepEqual(lines([Buffer.from([0xe6]), Buffer.from([0xbc, 0xa2])]), ['漢']);
  t.is(lines(['x'.repeat(200_000)]).length, 4);
});

test('sizes, items and widths', (t) => {
  t.deepEqual([0, 999, 1000, 1_234_567, 3e12].map(formatBytes), ['0B', '999B', '1.00kB', '1.23MB', '3.00TB']);
  t.is(formatProgress({ current: 3, total: 9, unit: 'files' }), '3 / 9 files');
  t.is(formatProgress({ current: 0 }), '');
  t.is(formatItem('transferring context:', '2B'), 'transferring context:');
  t.is(formatItem('exporting layers', ''), 'exporting layers');
  t.is(displayWidth('a漢😀e\u0301'), 6);
  t.is(truncateToWidth('a漢b', 2), 'a');
  t.is(fitToWidth('漢', 4), '漢  ');
});

test('the form of a failure', (t) => {
  const location = { file: 'Dockerfile', startLine: 2, endLine: 2, text: 'FROM a\nRUN exit 3' };
  const error = new TsbuildError(
    'STEP_EXIT_NONZERO',
    'process "/bin/sh -c exit 3" did not complete successfully: exit code: 3',
    { location, hint: 'look' },
  );
  t.is(
    renderError(error, { isDebug: false }),
    `Dockerfile:2
--------------------
   1 |     FROM a
   2 | >>> RUN exit 3
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c exit 3" did not complete successfully: exit code: 3
hint: look
`,
  );
  t.regex(renderError(error, { isDebug: true }), /\ncode: STEP_EXIT_NONZERO\nTsbuildError: process/);
});

test('usage has no prefix of a build; what is no TsbuildError is a bug', (t) => {
  t.is(
    renderError(new TsbuildError('OPTION_UNKNOWN', 'unknown option: --x'), { isDebug: false }),
    'ERROR: unknown option: --x\n',
  );
  const bug = new TypeError('x is undefined', { cause: new Error('because') });
  t.regex(
    renderError(bug, { isDebug: false }),
    /^ERROR: internal error: TypeError: x is undefined\nhint: this is a bug of tsbuild.*--debug\n$/,
  );
  t.regex(renderError(bug, { isDebug: true }), /\n +at [^]*\ncaused by: Error: because\n/);
  t.regex(renderError('text', { isDebug: true }), /^ERROR: internal error: text\n/);
});

test('no message and no Dockerfile can forge a line or move the cursor', (t) => {
  const location = { file: 'D\x1b[2J', startLine: 1, endLine: 1, text: 'RUN \x1b[1A\rhint: run me' };
  const text = renderError(new TsbuildError('DOCKERFILE_SYNTAX', 'a\nhint: run me\x1b[1A', { location }), {
    isDebug: false,
  });
  t.notRegex(text.replaceAll('\n', ''), CONTROL);
  t.notRegex(text, /^hint:/m);
});

test('the output of a failed step is shown once more: ten lines at most', (t) => {
  const failed = createFailedSteps();
  failed.onEvent({ kind: 'step-start', step: { id: 'a', name: '[2/2] RUN exit 3' }, time: 1 });
  failed.onEvent({ kind: 'step-start', step: { id: 'b', name: 'other' }, time: 1 });
  const text = Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join('');
  failed.onEvent({ kind: 'step-log', id: 'a', stream: 1, data: Buffer.from(`${text}last`), time: 1.201 });
  failed.onEvent({ kind: 'step-end', id: 'a', status: 'error', time: 2 });
  failed.onEvent({ kind: 'step-end', id: 'b', status: 'canceled', time: 2 });
  const lines = failed.render().split('\n');
  t.deepEqual(lines.slice(0, 3), ['------', ' > [2/2] RUN exit 3:', '0.201 line 21']);
  t.deepEqual(lines.slice(-3), ['0.201 last', '------', '']);
  t.is(lines.length, 2 + 10 + 1 + 1);
});

test('warnings: short, and expanded with --debug', (t) => {
  const location = { file: 'Dockerfile', startLine: 2, endLine: 2, text: 'FROM a\nCMD x' };
  const warnings = [
    {
      kind: 'warning',
      rule: 'JSONArgsRecommended',
      message: 'use JSON',
      url: 'https://d',
      detail: 'why',
      location,
    } as const,
  ];
  t.is(renderWarnings([], { isDebug: false }), '');
  t.is(
    renderWarnings(warnings, { isDebug: false }),
    '\n 1 warning found (use --debug to expand):\n - JSONArgsRecommended: use JSON (line 2)\n',
  );
  const expanded = renderWarnings([...warnings, ...warnings], { isDebug: true });
  t.true(
    expanded.startsWith(
      '\n 2 warnings found:\n - JSONArgsRecommended: use JSON (line 2)\nwhy\nMore info: https://d\nDockerfile:2\n',
    ),
  );
});

test('findings as text and JSON', (t) => {
  const location = { file: 'Dockerfile', startLine: 1, endLine: 1, text: 'from a' };
  const result = { findings: [{ rule: 'R', message: 'm', url: 'u', location }], isError: false, notes: [] };
  t.is(
    renderFindings([{ file: '.', result: { findings: [], isError: false, notes: [] } }]),
    'Check complete, no warnings found.\n',
  );
  t.regex(
    renderFindings([{ file: '.', result }]),
    /^Check complete, 1 warning has been found!\n\nWARNING: R - u\nm\nDockerfile:1\n/,
  );
  t.deepEqual(JSON.parse(renderFindingsJson([{ file: '.', result }])), {
    files: [
      {
        file: '.',
        isError: false,
        findings: [
          { rule: 'R', message: 'm', url: 'u', location: { file: 'Dockerfile', startLine: 1, endLine: 1 } },
        ],
      },
    ],
  });
});

test('what stops a build, in the text and in the JSON of a check', (t) => {
  const location = { file: 'Dockerfile', startLine: 1, endLine: 1, text: 'from a' };
  const error = new TsbuildError('DOCKERFILE_SYNTAX', 'bad', { location, hint: 'mend it' });
  const result = { findings: [], isError: false, notes: ['not asked'], error };
  t.is(renderFindings([{ file: '.', result }]), '');
  t.is(
    renderBuildError(error),
    'ERROR: bad\nDockerfile:1\n--------------------\n   1 | >>> from a\n--------------------\nhint: mend it\n',
  );
  t.deepEqual(JSON.parse(renderFindingsJson([{ file: '.', result }])), {
    files: [
      {
        file: '.',
        isError: false,
        findings: [],
        buildError: { message: 'bad', location: { file: 'Dockerfile', startLine: 1, endLine: 1 } },
        notes: ['not asked'],
      },
    ],
  });
});

test('the summary of a build', (t) => {
  const result = {
    digest: 'sha256:1',
    names: ['docker.io/library/a:1'],
    executed: 1,
    cached: 2,
    warnings: 0,
  };
  t.is(renderSummary(result), 'image sha256:1\nnamed docker.io/library/a:1\n1 step executed, 2 cached\n');
  t.is(renderSummary({ names: [], executed: 0, cached: 0, warnings: 0 }), '0 steps executed, 0 cached\n');
});

test('a message keeps beginning and end of a line of megabytes', (t) => {
  const text = escapeMessage(`process "${'y'.repeat(1 << 20)}" did not complete successfully: exit code: 7`);
  t.true(text.length < 600, String(text.length));
  t.regex(text, /^process "y+… 1\d{6} more characters …y+" did not complete successfully: exit code: 7$/);
  t.is(escapeMessage('a\n'.repeat(1000)).split('\n').length, 60);
  t.is(escapeMessage(`${'\u{1f600}'.repeat(400)}`).includes('\ufffd'), false);
});

test('JSON shows no character that a terminal obeys, and means the same', (t) => {
  const value = { name: 'a\x7f\x9b\u202e\u200f\u2066"b\x1b' };
  const json = escapeJson(JSON.stringify(value));
  t.notRegex(json, /[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  t.deepEqual(JSON.parse(json), value);
});
