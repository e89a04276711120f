// Several targets at once, by the command.
import test from 'ava';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testNeeding } from '../support/requirements.js';
import { runTsbuild } from '../support/tsbuild-command.js';
import { dockerfileWithShell, hostShell, workspace, type Workspace } from '../support/workspace.js';

const run = (
  { store, context }: Workspace,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) => runTsbuild(args, { store, cwd: context, env });

const LINKED = `
variable "TAG" { default = "1" }
group "default" { targets = ["a", "b"] }
target "base" { dockerfile-inline = "FROM scratch\\nCOPY file /file" }
target "a" {
  dockerfile-inline = "FROM base\\nCOPY file /a"
  contexts = { base = "target:base" }
  tags = ["a:\${TAG}"]
}
target "b" {
  inherits = ["a"]
  dockerfile-inline = "FROM scratch\\nCOPY --from=base /file /b"
  tags = ["b:\${TAG}"]
}`;

test('linked targets are built once, and tags come from the variables', async (t) => {
  const space = workspace(t, { file: 'x', 'docker-bake.hcl': LINKED });
  const baked = await run(space, ['bake', '--progress', 'plain', '--metadata-file', 'meta.json'], {
    TAG: '2',
  });
  t.is(baked.code, 0, baked.stderr);
  t.is(baked.stderr.match(/\[base 1\/1\] COPY file \/file/g)?.length, 1);
  t.regex(baked.stderr, /^#\d+ \[a internal\] load build definition/m);
  t.regex(baked.stderr, /^a: image sha256:[0-9a-f]{64} docker\.io\/library\/a:2$/m);
  const meta = JSON.parse(readFileSync(join(space.context, 'meta.json'), 'utf8'));
  t.deepEqual(Object.keys(meta), ['a', 'b']);
  t.is(meta.a['image.name'], 'docker.io/library/a:2');
  const again = await run(space, ['bake', '--progress', 'plain'], { TAG: '2' });
  t.regex(again.stderr, /^0 steps executed, 3 cached$/m);
});

testNeeding('sandbox')('a stage that several targets need is executed once', async (t) => {
  const made = 'RUN read id < /proc/sys/kernel/random/uuid; echo $id > /id; echo "made $id"\n';
  const text = dockerfileWithShell(made).replace(/^FROM .*$/m, '$& AS deps');
  const bake = `
target "default" {
  name = each
  matrix = { each = ["one", "two"] }
  target = each
}`;
  const space = workspace(t, {
    'greeting.txt': 'hi',
    Dockerfile: `${text}FROM deps AS one\nCOPY greeting.txt /one\nFROM deps AS two\nCOPY greeting.txt /two\n`,
    'docker-bake.hcl': bake,
  });
  const given = hostShell();
  const overrides = given.flatMap((value, index) => {
    const option = given[index - 1];
    return option?.startsWith('--build-')
      ? ['--set', `*.${option === '--build-arg' ? 'args' : 'contexts'}.${value}`]
      : [];
  });
  const baked = await run(space, ['bake', '--progress', 'plain', ...overrides]);
  t.is(baked.code, 0, baked.stderr);
  const ids = [...baked.stderr.matchAll(/^#\d+ \S+ made (\S+)$/gm)].map(([, id]) => id);
  t.is(ids.length, 1, baked.stderr);
  t.regex(baked.stderr, /sandbox uses isolation/);
});

test('a target that fails ends the others, and is named', async (t) => {
  const text =
    'group "default" { targets = ["good", "bad"] }\ntarget "good" { dockerfile-inline = "FROM scratch" }\ntarget "bad" { dockerfile-inline = "FROM scratch\\nCOPY nothing /" }';
  const space = workspace(t, { 'docker-bake.hcl': text });
  const baked = await run(space, ['bake', '--progress', 'plain']);
  t.is(baked.code, 4);
  t.regex(baked.stderr, /target bad: /);
});

test('package.json and a configuration in JavaScript', async (t) => {
  const space = workspace(t, {
    file: 'x',
    Dockerfile: 'FROM scratch\nCOPY file /file\n',
    'package.json': JSON.stringify({
      name: 'p',
      tsbuild: { targets: { app: { tags: ['app:1'] } }, groups: { default: ['app'] } },
    }),
  });
  writeFileSync(
    join(space.context, 'tsbuild.config.mjs'),
    "export default async () => ({ targets: { app: { labels: { by: 'config' } }, other: { extends: 'app', tags: 'other:1' } } });\n",
  );
  const printed = await run(space, ['bake', '--print', 'app', 'other']);
  t.is(printed.code, 0, printed.stderr);
  t.deepEqual(JSON.parse(printed.stdout.toString()).target, {
    app: { context: '.', dockerfile: 'Dockerfile', labels: { by: 'config' }, tags: ['app:1'] },
    other: { context: '.', dockerfile: 'Dockerfile', labels: { by: 'config' }, tags: ['other:1'] },
  });
  t.is(printed.stderr, '');
  const baked = await run(space, ['bake']);
  t.is(baked.code, 0, baked.stderr);
  t.regex(baked.stderr, /named|app: image/);
});

test('a configuration in TypeScript', async (t) => {
  const space = workspace(t, { Dockerfile: 'FROM scratch\n' });
  writeFileSync(
    join(space.context, 'tsbuild.config.ts'),
    "const tags: readonly string[] = ['app:1'];\nexport default { targets: { default: { tags } } };\n",
  );
  const alone = await run(space, ['bake', '--print']);
  if (process.features && 'typescript' in process.features && process.features.typescript)
    t.is(alone.code, 0);
  else {
    t.is(alone.code, 2);
    t.regex(alone.stderr, /reads no TypeScript/);
    mkdirSync(join(space.context, 'node_modules'), { recursive: true });
    writeFileSync(
      join(space.context, 'node_modules/typescript.js'),
      "exports.transpileModule = (text) => ({ outputText: text.replace(/: readonly string\\[\\]/, '') });",
    );
    const printed = await run(space, ['bake', '--print']);
    t.is(printed.code, 0, printed.stderr);
    t.deepEqual(JSON.parse(printed.stdout.toString()).target.default.tags, ['app:1']);
  }
});

test('lists, standard input, checks and what is refused', async (t) => {
  const space = workspace(t, { 'docker-bake.hcl': LINKED, Dockerfile: 'FROM scratch\nMAINTAINER me\n' });
  const targets = await run(space, ['bake', '--list', 'targets']);
  t.regex(targets.stdout.toString(), /^TARGET +DESCRIPTION\ndefault +a, b\na\nb\nbase\n$/);
  const variables = await run(space, ['bake', '--list=type=variables,format=json']);
  t.deepEqual(JSON.parse(variables.stdout.toString()), [{ name: 'TAG', value: '1' }]);
  const { store, context } = space;
  const input = '{"target":{"default":{"tags":["stdin:1"]}}}';
  const piped = await runTsbuild(['bake', '-f', '-', '--print'], { store, cwd: context, input });
  t.deepEqual(JSON.parse(piped.stdout.toString()).target.default.tags, ['stdin:1']);
  const checked = await runTsbuild(['bake', '-f', '-', '--check'], { store, cwd: context, input });
  t.is(checked.code, 1, checked.stderr);
  t.regex(checked.stdout.toString(), /MaintainerDeprecated/);
  const set = await run(space, ['bake', '--print', '--var', 'TAG=9', '--set', 'a.args.X=1', 'a']);
  t.like(JSON.parse(set.stdout.toString()).target.a, { tags: ['a:9'], args: { X: '1' } });
  const wrong = await run(space, ['bake', 'c']);
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /failed to find target c/);
  writeFileSync(join(context, 'bad.hcl'), 'target "a" {\n  tags = [x]\n}\n');
  const invalid = await run(space, ['bake', '-f', 'bad.hcl', 'a']);
  t.is(invalid.code, 2);
  t.regex(invalid.stderr, /bad\.hcl:2/);
  const none = await run(space, ['bake', '-f', 'absent.hcl']);
  t.regex(none.stderr, /there is no file absent\.hcl/);
});
