// Build checks on the command line: the check commands, and the warnings of a build.
import test from 'ava';
import { join } from 'node:path';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace } from '../support/workspace.js';

const CLEAN = 'FROM scratch\nCOPY a.txt /\n';
const files = {
  Dockerfile: 'FROM scratch AS Base\nCOPY a.txt /\nENV A $B\n',
  'a.txt': 'a',
  'clean/Dockerfile': CLEAN,
};

test('tsbuild check, build --check and --call check print the findings and exit 1', async (t) => {
  const { context, store, build } = workspace(t, files);
  const checked = await runTsbuild(['check', context], { store });
  t.is(checked.code, 1);
  const text = checked.stdout.toString();
  t.true(
    text.startsWith(
      'Check complete, 3 warnings have been found!\n\nWARNING: StageNameCasing - https://docs.docker.com/go/dockerfile/rule/stage-name-casing/\n',
    ),
  );
  t.true(
    text.includes(
      "Stage name 'Base' should be lowercase\nDockerfile:1\n--------------------\n   1 | >>> FROM scratch AS Base\n",
    ),
  );
  for (const option of ['--check', '--call=check']) {
    const run = await build([option]);
    t.is(run.code, 1);
    t.is(run.stdout.toString(), text);
    t.is(run.stderr, '');
  }
});

test('a clean file gives exit status 0', async (t) => {
  const { context, store } = workspace(t, files);
  const run = await runTsbuild(['check', join(context, 'clean')], { store });
  t.is(run.code, 0, run.stderr);
  t.is(run.stdout.toString(), 'Check complete, no warnings found.\n');
});

test('JSON, of several files and patterns', async (t) => {
  const { context, store, build } = workspace(t, files);
  const run = await runTsbuild(['check', '--format', 'json', '**/Dockerfile'], { store, cwd: context });
  const report = JSON.parse(run.stdout.toString()) as {
    files: { file: string; isError: boolean; findings: { rule: string; location: object }[] }[];
  };
  t.deepEqual(
    report.files.map(({ file, findings }) => [file, findings.map(({ rule }) => rule)]),
    [
      ['Dockerfile', ['StageNameCasing', 'UndefinedVar', 'LegacyKeyValueFormat']],
      ['clean/Dockerfile', []],
    ],
  );
  t.deepEqual(report.files[0]?.findings[0]?.location, { file: 'Dockerfile', startLine: 1, endLine: 1 });
  t.is(
    (JSON.parse((await build(['--call', 'check,format=json'])).stdout.toString()) as typeof report).files[0]
      ?.findings.length,
    3,
  );
});

test('a file that cannot be parsed is the error that a build gives', async (t) => {
  const { build } = workspace(t, { Dockerfile: 'FROM scratch\nCOPPY a /\n' });
  const run = await build(['--check']);
  t.is(run.code, 3);
  t.true(run.stderr.includes('unknown instruction: COPPY (did you mean COPY?)'));
});

test('a build shows the warnings after its end', async (t) => {
  const { build } = workspace(t, files);
  const run = await build([]);
  assertBuilt(t, run);
  t.true(
    run.stderr.includes(
      "\n 3 warnings found (use --debug to expand):\n - StageNameCasing: Stage name 'Base' should be lowercase (line 1)\n",
    ),
  );
  t.true((await build([])).stderr.includes(' 3 warnings found'), 'a build that does nothing shows them too');
  t.false((await build(['--build-arg', 'BUILDKIT_DOCKERFILE_CHECK=skip=all'])).stderr.includes('warning'));
});

test('error=true fails a build before it executes anything', async (t) => {
  const { build } = workspace(t, {
    ...files,
    Dockerfile: `# check=error=true;skip=StageNameCasing\n${files.Dockerfile}`,
  });
  const run = await build([]);
  t.is(run.code, 3);
  t.true(
    run.stderr.includes(
      'ERROR: failed to build: failed to solve: lint violation found for rules: LegacyKeyValueFormat, UndefinedVar\n',
    ),
  );
  t.false(run.stderr.includes('COPY a.txt /\n#'));
});
