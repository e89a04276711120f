// `tsbuild init`: what it writes passes the checks.
import test from 'ava';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTsbuild } from '../support/tsbuild-command.js';
import { workspace } from '../support/workspace.js';

const BUILT = { scripts: { build: 'x', start: 'node dist/a.js' }, dependencies: { a: '1' } };

/** Files by kind of project. */
const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'plain Node': { 'package.json': '{}', 'index.js': '' },
  npm: { 'package.json': JSON.stringify(BUILT), 'package-lock.json': '{}' },
  pnpm: { 'package.json': JSON.stringify(BUILT), 'pnpm-lock.yaml': '' },
  yarn: { 'package.json': JSON.stringify(BUILT), 'yarn.lock': '' },
  'modern yarn': {
    'package.json': JSON.stringify({ ...BUILT, packageManager: 'yarn@4.1.0' }),
    'yarn.lock': '',
    '.yarnrc.yml': '',
  },
  bun: { 'package.json': JSON.stringify(BUILT), 'bun.lock': '' },
  Next: {
    'package.json': JSON.stringify({ ...BUILT, dependencies: { next: '15' } }),
    'next.config.mjs': "export default { output: 'standalone' }",
  },
  Vite: {
    'package.json': JSON.stringify({ scripts: { build: 'vite build' }, devDependencies: { vite: '6' } }),
  },
  Nest: {
    'package.json': JSON.stringify({ ...BUILT, dependencies: { '@nestjs/core': '11' } }),
    'package-lock.json': '{}',
  },
  workspaces: {
    'package.json': JSON.stringify({ workspaces: ['packages/*'] }),
    'package-lock.json': '{}',
    'packages/a/package.json': JSON.stringify({ name: 'a', ...BUILT }),
  },
};

for (const [kind, files] of Object.entries(KINDS))
  test(`${kind}: the checks find nothing`, async (t) => {
    const { store, context } = workspace(t, files);
    const written = await runTsbuild(['init'], { store, cwd: context });
    t.is(written.code, 0, written.stderr);
    t.true(existsSync(join(context, '.dockerignore')));
    const checked = await runTsbuild(['check'], { store, cwd: context });
    t.is(checked.code, 0, checked.stdout.toString() + checked.stderr);
  });

test('nothing is written over without --force', async (t) => {
  const { store, context } = workspace(t, { 'package.json': '{}', Dockerfile: 'FROM scratch\n' });
  const refused = await runTsbuild(['init'], { store, cwd: context });
  t.is(refused.code, 2);
  t.regex(refused.stderr, /Dockerfile is there already/);
  t.is(readFileSync(join(context, 'Dockerfile'), 'utf8'), 'FROM scratch\n');
  t.false(existsSync(join(context, '.dockerignore')));
  const shown = await runTsbuild(['init', '--stdout'], { store, cwd: context });
  t.regex(shown.stdout.toString(), /^CMD /m);
  t.is((await runTsbuild(['init', '--force'], { store, cwd: context })).code, 0);
  t.is(readFileSync(join(context, 'Dockerfile'), 'utf8'), shown.stdout.toString());
});

test('a folder that is no project is refused', async (t) => {
  const { store, context } = workspace(t, {});
  const refused = await runTsbuild(['init'], { store, cwd: context });
  t.is(refused.code, 4);
  t.regex(refused.stderr, /there is no package\.json in \./);
  writeFileSync(join(context, 'package.json'), '{');
  t.regex((await runTsbuild(['init'], { store, cwd: context })).stderr, /package\.json is no JSON/);
});

test('what it writes for a plain program builds', async (t) => {
  const space = workspace(t, { 'package.json': '{}', 'index.js': 'console.log(1)\n' });
  const { store, context } = space;
  t.is((await runTsbuild(['init'], { store, cwd: context })).code, 0);
  // Nothing stands in for the base with Node: this Dockerfile runs nothing.
  const built = await space.build(['--build-context', 'node:22-slim=docker-image://scratch', '-t', 'app:1']);
  t.is(built.code, 0, built.stderr);
  const shown = await runTsbuild(['inspect', 'app:1'], { store, cwd: context });
  t.like(JSON.parse(shown.stdout.toString())[0].Config, {
    Cmd: ['node', 'index.js'],
    User: 'node',
    WorkingDir: '/app',
  });
});
