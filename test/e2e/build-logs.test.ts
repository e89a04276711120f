// The logs of builds that are kept: listed, and asked why steps ran.
import test from 'ava';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBehaviourBase } from '../support/behaviour-base.js';
import { testNeeding } from '../support/requirements.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { assertBuilt, workspace, type Workspace } from '../support/workspace.js';

const DOCKERFILE = `FROM scratch AS files
ARG LEVEL=1
COPY --chmod=0644 src /src
COPY other /other
FROM scratch
COPY --from=files /src /app
WORKDIR /w
`;

function command({ store, context }: Workspace, ...args: string[]) {
  return runTsbuild(args, { store, cwd: context });
}

test('builds are listed with what came of them', async (t) => {
  const place = workspace(t, { Dockerfile: DOCKERFILE, 'src/a': '1', 'src/b': '1', other: '1' });
  assertBuilt(t, await place.build(['-t', 'app:1']));
  place.write('Dockerfile', 'FROM scratch\nCOPY nothing /\n');
  const failed = await place.build([]);
  const [, id = ''] = /^The whole log: tsbuild logs --build (\w+)$/m.exec(failed.stderr) ?? [];
  const list = (await command(place, 'builds', '--format', 'json')).stdout.toString().trimEnd().split('\n');
  const rows = list.map((line) => JSON.parse(line) as Record<string, string>);
  t.deepEqual(
    rows.map(({ Status, Steps, Tags, Context }) => [Status, Steps, Tags, Context]),
    [
      ['error', '', '', place.context],
      ['done', '4 executed, 0 cached', 'app:1', place.context],
    ],
  );
  t.is(rows[0]?.['ID'], id);
  t.regex((await command(place, 'builds')).stdout.toString(), /^BUILD ID +CREATED +DURATION +STATUS/);
  t.is((await command(place, 'builds', '-q')).stdout.toString().split('\n')[0], id);
});

test('why: the file that changed, what stands above it, and what did not run', async (t) => {
  const place = workspace(t, { Dockerfile: DOCKERFILE, 'src/a': '1', 'src/b': '1', other: '1' });
  assertBuilt(t, await place.build([]));
  place.write('src/b', '2');
  const build = await place.build(['--why']);
  const why = (await command(place, 'why')).stdout.toString();
  t.is(
    why,
    `ran      [files 1/2] COPY --chmod=0644 src /src
           src changed
           in the image differ: /src/b
ran      [files 2/2] COPY other /other
           the layers below it changed: [files 1/2] COPY --chmod=0644 src /src
ran      [stage-1 1/2] COPY --from=files /src /app
           /src changed
           in the image differ: /app/b
ran      [stage-1 2/2] WORKDIR /w
           the layers below it changed: [stage-1 1/2] COPY --from=files /src /app
`,
  );
  t.true(build.stderr.includes(why));
  assertBuilt(t, await place.build([]));
  t.is(
    (await command(place, 'why', 'workdir')).stdout.toString(),
    'cached   [stage-1 2/2] WORKDIR /w\n           taken from the store\n',
  );
  const unknown = await command(place, 'why', 'RUN');
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /^ERROR: no step of the build \w+ has "RUN" in its name$/m);
});

test('a store without builds says so', async (t) => {
  const place = workspace(t, {});
  const run = await command(place, 'why');
  t.is(run.code, 2);
  t.regex(run.stderr, /^ERROR: there is no log of a build$/m);
  t.is((await command(place, 'builds', '-q')).stdout.toString(), '');
});

testNeeding('sandbox', 'busybox')('a log holds what the terminal shows, and no secret', async (t) => {
  const place = workspace(t, {
    Dockerfile:
      'FROM busybox\nARG V\nRUN --mount=type=secret,id=tok echo "v is $V and $(cat /run/secrets/tok)"; exit 4\n',
    tok: 'hunter2-hunter2',
  });
  const base = join(place.root, 'base');
  writeBehaviourBase(base);
  const secret = `id=tok,src=${join(place.context, 'tok')}`;
  const args = [
    '--build-context',
    `busybox=oci-layout://${base}`,
    '--secret',
    secret,
    '--build-arg',
    'V=seven',
  ];
  const build = await place.build(args);
  t.regex(build.stderr, /v is seven and \*+/);
  const folder = join(place.store, 'local', 'v1', 'builds');
  const [name = ''] = readdirSync(folder);
  const log = readFileSync(join(folder, name), 'utf8');
  t.regex(log, /v is seven and \*+/);
  t.false(log.includes('hunter2'));
  t.true(log.includes('STEP_EXIT_NONZERO'));
});

test('the last line of rawjson is the result, or the failure', async (t) => {
  const place = workspace(t, { Dockerfile: 'FROM scratch\nWORKDIR /w\n' });
  const linesOf = async () => {
    const run = await place.build(['--progress', 'rawjson']);
    const lines = run.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { code: run.code, first: lines[0], last: lines.at(-1) };
  };
  const done = await linesOf();
  t.is(done.code, 0);
  t.like(done.first, { tsbuild: { schema: 1 } });
  t.like(done.last, { result: { executed: 1, cached: 0 } });
  place.write('Dockerfile', 'FROM scratch\nCOPY nothing /\n');
  const failed = await linesOf();
  t.is(failed.code, 4);
  t.like(failed.last, { error: { code: 'COPY_NOT_FOUND', exitStatus: 4, location: { startLine: 2 } } });
});
