// The real process: what only the entry does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

function start(argv: string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return {
    child,
    ended: once(child, 'close').then(([status]) => ({ status: status as unknown, stdout, stderr })),
  };
}

test('statuses and streams', async (t) => {
  t.like(await start(['--version']).ended, { status: 0, stderr: '' });
  const unknown = await start(['--nope']).ended;
  t.is(unknown.status, 2);
  t.is(unknown.stdout, '');
  t.true(unknown.stderr.startsWith('ERROR: unknown option: --nope'));
});

test('a reader that goes away is no error', async (t) => {
  const { child, ended } = start(['--help']);
  child.stdout.destroy();
  const { stderr } = await ended;
  t.is(stderr, '');
});

const hasFullDevice = existsSync('/dev/full');
(hasFullDevice ? test : test.skip)('output that is lost is a failure', async (t) => {
  const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const;
  const child = spawn(process.execPath, [MAIN, '--help'], { stdio: [...stdio] });
  let stderr = '';
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  const [status] = (await once(child, 'close')) as [number];
  t.is(status, 7);
  t.regex(stderr, /^ERROR: cannot write to standard output: ENOSPC[^\n]*\n$/);
});
