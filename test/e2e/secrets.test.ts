// Secrets of a build: steps see them, nothing keeps them, and a build that would keep one fails.
import test, { type ExecutionContext } from 'ava';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testNeeding } from '../support/requirements.js';
import {
  assertBuilt,
  dockerfileWithShell,
  hostShell,
  workspace,
  type Workspace,
} from '../support/workspace.js';

const VALUE = 'sk-7f3a9c51e0b84d26';
const mount = 'RUN --mount=type=secret,id=token';

/** Names and contents of all files below; what is no file says nothing. */
function filesWith(root: string, value: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'latin1' }).filter((path) => {
    const file = join(root, path);
    if (path.includes(value)) return true;
    return lstatSync(file).isFile() && readFileSync(file).includes(value);
  });
}

function secretSpace(t: ExecutionContext, steps: string): { space: Workspace; options: readonly string[] } {
  const space = workspace(t, { Dockerfile: dockerfileWithShell(`${steps}\n`) });
  const file = join(space.root, 'token');
  writeFileSync(file, `${VALUE}\n`);
  return { space, options: [...hostShell(), '--secret', `id=token,src=${file}`] };
}

testNeeding('sandbox')('a step sees the secret; log, image, outputs and store do not hold it', async (t) => {
  const { space, options } = secretSpace(
    t,
    [
      `${mount} read -r value < /run/secrets/token && echo "value <$value>" && echo "error <$value>" >&2 && echo "length \${#value}" > /length`,
      `${mount},env=TOKEN echo "variable $TOKEN"`,
    ].join('\n'),
  );
  const out = (name: string): string => join(space.root, name);
  const outputs = [
    '--iidfile',
    out('iid'),
    '--metadata-file',
    out('metadata.json'),
    '-t',
    'secret:1',
    '--output',
    `type=local,dest=${out('files')}`,
    '--output',
    `type=oci,dest=${out('image.tar')},tar=true`,
  ];
  const run = await space.build([...options, ...outputs]);
  assertBuilt(t, run);
  t.is(readFileSync(join(out('files'), 'length'), 'utf8'), `length ${VALUE.length}\n`);
  t.true(
    run.stderr.includes('value <****>') &&
      run.stderr.includes('error <****>') &&
      run.stderr.includes('variable ****'),
    run.stderr,
  );
  t.false(run.stderr.includes(VALUE));
  t.deepEqual(filesWith(space.root, VALUE), ['token']);
});

testNeeding('sandbox')('--progress rawjson hides it as well', async (t) => {
  const { space, options } = secretSpace(t, `${mount} read -r value < /run/secrets/token && echo "$value"`);
  const run = await space.build([...options, '--progress', 'rawjson']);
  assertBuilt(t, run);
  const logs = (run.stderr + run.stdout.toString())
    .split('"')
    .map((text) => Buffer.from(text, 'base64').toString('latin1'));
  t.true(logs.some((text) => text === '****\n'));
  t.false(logs.some((text) => text.includes(VALUE)));
});

testNeeding('sandbox')(
  'a secret left in a file fails the build, names nothing, and is no cache hit later',
  async (t) => {
    const { space, options } = secretSpace(
      t,
      `${mount} read -r value < /run/secrets/token && echo "t=$value" > /npmrc\nENV A=b`,
    );
    const archive = join(space.root, 'image.tar');
    const args = [...options, '-t', 'leak:1', '--output', `type=oci,dest=${archive},tar=true`];
    for (let attempt = 0; attempt < 2; attempt++) {
      const run = await space.build(args);
      t.is(run.code, 7, run.stderr);
      t.true(run.stderr.includes('the value of secret token is in /npmrc, in the layer of '), run.stderr);
      t.true(run.stderr.includes(`>>> ${mount} read`));
      t.false(run.stderr.includes(VALUE));
    }
    t.false(readdirSync(space.root).includes('image.tar'));
    t.false(readFileSync(join(space.store, 'v1', 'oci', 'index.json'), 'utf8').includes('leak'));
    t.deepEqual(filesWith(join(space.store, 'v1', 'cache'), VALUE), []);
    assertBuilt(t, await space.build([...args, '--no-secret-scan']));
    t.true(readdirSync(space.root).includes('image.tar'));
    const again = await space.build([...args, '--no-cache']);
    t.is(again.code, 7);
    t.is((await space.build(args)).code, 7, 'the record of the build without the scan is gone');
  },
);

test('a secret that is copied from the context, or is in a file name, fails the build', async (t) => {
  const space = workspace(t, {
    Dockerfile: 'FROM scratch\nCOPY . /srv/\n',
    '.npmrc': `//r/:_authToken=${VALUE}`,
  });
  const secret = ['--secret', 'id=token'];
  const env = { token: VALUE };
  const run = await space.build(secret, { env });
  t.is(run.code, 7);
  t.true(run.stderr.includes('secret token is in /srv/.npmrc'));
  const named = workspace(t, { Dockerfile: 'FROM scratch\nCOPY . /srv/\n', [`${VALUE}.txt`]: 'x' });
  t.is((await named.build(secret, { env })).code, 7);
  assertBuilt(t, await space.build([...secret, '--no-secret-scan'], { env }));
});

test('a secret in an ENV, a LABEL, the history or a named context fails the build and leaves no record', async (t) => {
  const env = { token: VALUE };
  const refused = async (Dockerfile: string, args: readonly string[], where: string): Promise<void> => {
    const space = workspace(t, { Dockerfile, 'other/f': VALUE, 'a.txt': 'a' });
    const run = await space.build(
      ['--secret', 'id=token', ...args.map((arg) => arg.replace('CONTEXT', space.context))],
      { env },
    );
    t.is(run.code, 7, run.stderr);
    t.true(run.stderr.includes(where), run.stderr);
    t.false(run.stderr.replaceAll(/^ .*\|.*$/gm, '').includes(VALUE));
    t.deepEqual(filesWith(join(space.store, 'v1', 'cache'), VALUE), []);
  };
  await refused(
    'FROM scratch\nARG T\nENV TOKEN=$T\n',
    ['--build-arg', `T=${VALUE}`],
    'the image config: config.Env.1',
  );
  await refused('FROM scratch\nLABEL a=b\n', ['--label', `x=${VALUE}`], 'the image config: config.Labels.x');
  await refused(
    'FROM scratch\nARG T=x\nCOPY a.txt /\nARG U=$T\n',
    ['--build-arg', `T=${VALUE}`],
    'the image config: history',
  );
  await refused(
    'FROM other\nENV A=b\n',
    ['--build-context', 'other=CONTEXT/other'],
    'secret token is in /f, in the layer of the context other',
  );
  await refused('FROM scratch\nARG T\nRUN x\n', ['--build-arg', `T=${VALUE}`], 'the definition of [');
});

testNeeding('sandbox')('the message of a failing step does not hold it', async (t) => {
  const { space, options } = secretSpace(
    t,
    `${mount} read -r value < /run/secrets/token && echo "$value" && exit 3`,
  );
  const run = await space.build(options);
  t.is(run.code, 1);
  t.false(run.stderr.includes(VALUE));
  t.true(run.stderr.includes('****'));
});

test('a secret that cannot be read fails the build at its start', async (t) => {
  const space = workspace(t, { Dockerfile: 'FROM scratch\nCOPY a.txt /\n', 'a.txt': 'a' });
  const run = await space.build(['--secret', 'id=x,src=/nowhere/x']);
  t.is(run.code, 2);
  t.true(run.stderr.includes('secret x: cannot read /nowhere/x: no such file or directory'));
});
