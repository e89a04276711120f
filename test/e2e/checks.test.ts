// Build checks on the command line: the check commands, and the warnings of a build.
import test from 'ava';
import { basename, dirname, join } from 'node:path';
import { testNeeding } from '../support/requirements.js';
import { serveTinyImage } from '../support/tiny-registry.js';
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

test('what a check is told of arguments, contexts and the target counts as in a build', async (t) => {
  const Dockerfile =
    'ARG BASE=scratch\nFROM $BASE AS one\nCOPY --from=other a.txt /\nFROM nowhere AS two\nCOPY a.txt /\n';
  const { context, store } = workspace(t, { Dockerfile, 'a.txt': 'a' });
  const check = (...options: readonly string[]) => runTsbuild(['check', ...options, context], { store });
  const known = ['--build-context', `other=${context}`, '--target', 'one'];
  t.is((await check(...known)).code, 0);
  t.is((await check(...known, '--build-arg', 'BASE=')).code, 3);
  const unknown = await check('--target', 'three');
  t.is(unknown.code, 3);
  t.regex(unknown.stderr, /target stage "three" could not be found/);
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

test('for CI: SARIF, and marks for GitHub, with paths from where the command was started', async (t) => {
  const { context, store } = workspace(t, files);
  const sarif = await runTsbuild(['check', '--format', 'sarif', '.'], { store, cwd: context });
  const log = JSON.parse(sarif.stdout.toString()) as { runs: { results: { ruleId: string }[] }[] };
  t.deepEqual(
    log.runs[0]?.results.map(({ ruleId }) => ruleId),
    ['StageNameCasing', 'UndefinedVar', 'LegacyKeyValueFormat'],
  );
  const marks = await runTsbuild(['check', '--format', 'github', basename(context)], {
    store,
    cwd: dirname(context),
  });
  const place = `file=${basename(context)}/Dockerfile,line=1,endLine=1,title=StageNameCasing`;
  t.true(marks.stdout.toString().startsWith(`::warning ${place}::`), marks.stdout.toString());
});

test('a file that cannot be parsed is the error that a build gives', async (t) => {
  const { build } = workspace(t, { Dockerfile: 'FROM scratch\nCOPPY a /\n' });
  const run = await build(['--check']);
  t.is(run.code, 3);
  t.is(run.stdout.toString(), '');
  t.regex(
    run.stderr,
    /^ERROR: dockerfile parse error on line 2: unknown instruction: COPPY \(did you mean COPY\?\)\nDockerfile:2\n-{20}\n/,
  );
});

test('what stops a build is in the JSON too, beside the findings and the other files', async (t) => {
  const bad = 'FROM scratch\nMAINTAINER a\nCOPY http://localhost/x /\n';
  const { context, store } = workspace(t, { 'a/Dockerfile': bad, 'b/Dockerfile': CLEAN });
  const run = await runTsbuild(['check', '--format', 'json', '**/Dockerfile'], { store, cwd: context });
  t.is(run.code, 3);
  const { files: checked } = JSON.parse(run.stdout.toString()) as { files: { file: string }[] };
  t.like(checked, [
    {
      file: 'a/Dockerfile',
      findings: [{ rule: 'MaintainerDeprecated' }],
      buildError: {
        message: "source can't be a URL for COPY",
        location: { file: 'a/Dockerfile', startLine: 3, endLine: 3 },
      },
    },
    { file: 'b/Dockerfile', findings: [] },
  ]);
  t.false('buildError' in checked[1]!);
  t.regex(run.stderr, /^ERROR: source can't be a URL for COPY\n/);
});

testNeeding('registry', 'busybox')('a check says the same on a fresh store as on a used one', async (t) => {
  const { env, registry } = await serveTinyImage(t);
  const text = 'FROM tiny:1 AS first\nENV A=$PATH B=$UNKNOWN\nFROM tiny:1\nCOPY --from=fisrt /bin /\n';
  const { context, store, build } = workspace(t, {
    Dockerfile: text,
    only: 'FROM tiny:1\nENV A=$PATH B=$UNKNOWN\n',
  });
  const checkOnly = () => runTsbuild(['check', '-f', join(context, 'only'), context], { store, env });
  const fresh = await checkOnly();
  t.is(fresh.code, 1, fresh.stderr);
  t.regex(fresh.stdout.toString(), /UndefinedVar.*\nUsage of undefined variable '\$UNKNOWN'/);
  const near = await runTsbuild(['check', context], { store, env });
  // Whether it is an error or a note depends on what Docker Hub says where the test runs.
  t.regex(near.stderr, /^(?:ERROR|note): .*fisrt: .* \(did you mean first\?\)\n/);
  assertBuilt(t, await build(['-f', join(context, 'only')], { env }));
  const used = await checkOnly();
  t.is(used.stdout.toString(), fresh.stdout.toString());
  await registry.stop();
  const unreachable = await runTsbuild(['check', '-f', join(context, 'only'), context], {
    env,
    store: join(context, 'other'),
  });
  t.is(unreachable.code, 0);
  t.is(unreachable.stdout.toString(), 'Check complete, no warnings found.\n');
  t.regex(unreachable.stderr, /^note: not checked against a base image: tiny:1: /);
});

testNeeding(
  'registry',
  'busybox',
  'sandbox',
)('an image that is not there is found before anything runs', async (t) => {
  const { env } = await serveTinyImage(t);
  for (const instruction of ['COPY --from=biulder /a /b', 'RUN --mount=from=biulder,target=/m true']) {
    const Dockerfile = `FROM tiny:1 AS builder\nFROM tiny:1\nRUN echo it was executed\n${instruction}\n`;
    const run = await workspace(t, { Dockerfile }).build([], { env });
    t.is(run.code, 6);
    t.regex(run.stderr, /ERROR: failed to build: failed to solve: biulder: .* \(did you mean builder\?\)\n/);
    t.false(/^#\d+ [\d.]+ it was executed/m.test(run.stderr), run.stderr);
  }
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
