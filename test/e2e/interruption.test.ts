// A build that is killed or interrupted at any moment leaves nothing behind. `node scripts/kill-test.mjs 50` is the
// long form.
import { spawnSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testNeeding } from '../support/requirements.js';
import { startTsbuild } from '../support/tsbuild-command.js';
import { workspace, type Workspace } from '../support/workspace.js';

testNeeding('sandbox')(
  'a killed build leaves no process, no mount and a valid store, and the next one is right',
  (t) => {
    t.timeout(300_000);
    const run = spawnSync(process.execPath, ['scripts/kill-test.mjs', '5'], { encoding: 'utf8' });
    t.is(run.status, 0, `${run.stdout}${run.stderr}`);
  },
);

/** Starts the build, sends SIGINT when standard error has `sign`, and gives the status and what was printed. */
function interrupted(
  space: Workspace,
  args: readonly string[],
  sign: RegExp,
): Promise<{ code: number | null; stderr: string }> {
  const child = startTsbuild(['build', '--progress', 'plain', ...args, space.context], space);
  let stderr = '';
  let isSent = false;
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
    if (!isSent && sign.test(stderr)) isSent = child.kill('SIGINT');
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

function assertNothingNamed(t: ExecutionContext, { store }: Workspace): void {
  const index = join(store, 'v1', 'oci', 'index.json');
  if (existsSync(index)) t.notRegex(readFileSync(index, 'utf8'), /big:1/);
}

test('SIGINT is seen between steps that need no turn of the event loop', async (t) => {
  const steps = Array.from({ length: 4000 }, (_, i) => `COPY <<E /f${i}\nx\nE\n`).join('');
  const space = workspace(t, { Dockerfile: `FROM scratch\n${steps}` });
  const { code, stderr } = await interrupted(space, ['-t', 'big:1'], /\/4000\] COPY/);
  t.is(code, 130, stderr.slice(-500));
  t.true(stderr.split(' DONE ').length < 4000);
  assertNothingNamed(t, space);
});

test('SIGINT is seen while a file of megabytes is parsed, planned and checked', async (t) => {
  const lines = Array.from({ length: 150_000 }, (_, i) => `ENV V${i}=$V${i - 1}x\n# c\n`).join('');
  const space = workspace(t, { Dockerfile: `FROM scratch\n${lines}` });
  const { code, stderr } = await interrupted(space, ['-t', 'big:1'], /load build definition/);
  t.is(code, 130, stderr.slice(-500));
  t.regex(stderr, /ERROR: interrupted by SIGINT\n$/);
  assertNothingNamed(t, space);
});

test('SIGINT while layers are compressed ends with its status, and nothing is left beside the output', async (t) => {
  const space = workspace(t, {
    Dockerfile: 'FROM scratch\nCOPY big /\n',
    big: Buffer.alloc(64 << 20, 'some text that is repeated'),
  });
  const args = ['-o', `type=oci,dest=${join(space.root, 'out.tar')}`];
  const { code, stderr } = await interrupted(space, args, /exporting to oci image format/);
  t.is(code, 130, stderr);
  t.notRegex(stderr, /Unhandled|at .*:\d+:\d+/);
  t.deepEqual(readdirSync(space.root).toSorted(), ['context', 'store']);
});
