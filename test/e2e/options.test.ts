// Options of a build that change what is built, as they are given on the command line.
import test, { type ExecutionContext } from 'ava';
import { join } from 'node:path';
import { assertValidImage } from '../support/assert-valid-image.js';
import { tarOf } from '../support/tiny-image.js';
import { assertBuilt, workspace, type BuildRunOptions, type Workspace } from '../support/workspace.js';

const DOCKERFILE = `FROM scratch AS first
ARG NAME=none
LABEL stage=first name=$NAME
COPY a.txt /first
FROM scratch AS second
LABEL stage=second
COPY b.txt /second
`;
const files = { Dockerfile: DOCKERFILE, 'a.txt': 'a', 'b.txt': 'b' };

async function imageOf(
  t: ExecutionContext,
  space: Workspace,
  args: readonly string[],
  options?: BuildRunOptions,
) {
  const layout = join(space.root, 'image');
  assertBuilt(t, await space.build([...args, '--output', `type=oci,dest=${layout},tar=false`], options));
  return assertValidImage(t, layout);
}

function countCached(stderr: string): number {
  return (stderr.match(/^#\d+ CACHED$/gm) ?? []).length;
}

test('--target, --build-arg and --label', async (t) => {
  const args = ['--target', 'first', '--build-arg', 'NAME=given', '--label', 'extra=yes'];
  const { config, files: names } = await imageOf(t, workspace(t, files), args);
  t.deepEqual(config.config?.Labels, { stage: 'first', name: 'given', extra: 'yes' });
  t.deepEqual(names.flat(), ['first']);
});

test('a stage that nothing needs is not built', async (t) => {
  const { files: names } = await imageOf(
    t,
    workspace(t, { ...files, Dockerfile: DOCKERFILE.replace('a.txt', 'missing.txt') }),
    [],
  );
  t.deepEqual(names.flat(), ['second']);
});

test('--build-arg without a value is taken from the environment', async (t) => {
  const { config } = await imageOf(t, workspace(t, files), ['--target', 'first', '--build-arg', 'NAME'], {
    env: { NAME: 'outside' },
  });
  t.is(config.config?.Labels?.['name'], 'outside');
});

test('-f names another Dockerfile', async (t) => {
  const space = workspace(t, { 'other/build.txt': 'FROM scratch\nLABEL from=other\n' });
  const { config } = await imageOf(t, space, ['-f', join(space.context, 'other', 'build.txt')]);
  t.deepEqual(config.config?.Labels, { from: 'other' });
});

test('-f - reads the Dockerfile from standard input', async (t) => {
  const { files: names } = await imageOf(t, workspace(t, { 'a.txt': 'a' }), ['-f', '-'], {
    input: 'FROM scratch\nCOPY a.txt /from-stdin\n',
  });
  t.deepEqual(names.flat(), ['from-stdin']);
});

test('the context - is a tar on standard input, to which no ignore file applies', async (t) => {
  const input = tarOf([
    { path: 'Dockerfile', mode: 0o644, content: Buffer.from('FROM scratch\nCOPY . /\n') },
    { path: '.dockerignore', mode: 0o644, content: Buffer.from('Dockerfile\n.dockerignore\n') },
    { path: 'in-tar.txt', mode: 0o640, uid: 1234, content: Buffer.from('x') },
  ]);
  const { files: names } = await imageOf(t, workspace(t, {}), [], { context: '-', input });
  // BuildKit applies no ignore file to a context that is an archive.
  t.deepEqual(names.flat(), ['.dockerignore', 'Dockerfile', 'in-tar.txt']);
});

test('the context - is a Dockerfile alone when it is no tar', async (t) => {
  const { config } = await imageOf(t, workspace(t, {}), [], {
    context: '-',
    input: 'FROM scratch\nLABEL a=b\n',
  });
  t.deepEqual(config.config?.Labels, { a: 'b' });
});

test('--no-cache builds again what is known', async (t) => {
  const space = workspace(t, files);
  assertBuilt(t, await space.build([]));
  const cached = await space.build([]);
  assertBuilt(t, cached);
  t.is(countCached(cached.stderr), 1, cached.stderr);
  const again = await space.build(['--no-cache']);
  assertBuilt(t, again);
  t.is(countCached(again.stderr), 0, again.stderr);
});

test('--no-cache-filter builds only the named stages again', async (t) => {
  const both = `${DOCKERFILE}COPY --from=first /first /copied\n`;
  const space = workspace(t, { ...files, Dockerfile: both });
  assertBuilt(t, await space.build([]));
  const run = await space.build(['--no-cache-filter', 'first']);
  assertBuilt(t, run);
  t.notRegex(run.stderr, /COPY a\.txt.*\n#\d+ CACHED/);
  t.regex(run.stderr, /COPY b\.txt.*\n#\d+ CACHED/);
});

test('-q prints the digest and nothing else', async (t) => {
  const run = await workspace(t, files).build(['-q']);
  assertBuilt(t, run);
  t.regex(run.stdout.toString(), /^sha256:[0-9a-f]{64}\n$/);
  t.is(run.stderr, '');
});

test('-t gives several names to one image', async (t) => {
  const space = workspace(t, files);
  assertBuilt(t, await space.build(['-t', 'one', '-t', 'localhost:5000/two:2']));
  const layout = join(space.store, 'v1', 'oci');
  const [one, two] = [
    await assertValidImage(t, layout, 'docker.io/library/one:latest'),
    await assertValidImage(t, layout, 'localhost:5000/two:2'),
  ];
  t.is(one.digest, two.digest);
});
