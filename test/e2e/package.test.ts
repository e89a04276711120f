// The package as users get it: what is installed with it, and its two doors for code, with their types.
import test from 'ava';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-store.js';
import '../support/tsbuild-command.js';

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(cwd: string, program: string, ...args: readonly string[]): Ran {
  return spawnSync(program, args, { cwd, encoding: 'utf8' });
}

/** Uses the types as a program does that has no types of Node. */
const PROGRAM = `
import { build, TsbuildError, type BuildEvent, type BuildOptions } from 'tsbuild-oci';
const options: BuildOptions = { onEvent: (event: BuildEvent) => void event.kind, env: { TSBUILD_ROOT: '/x' } };
export async function main(): Promise<string> {
  try {
    return (await build({ context: '.' }, options)).digest ?? '';
  } catch (error) {
    return error instanceof TsbuildError ? error.code : '';
  }
}
`;

const SETTINGS = {
  compilerOptions: {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'dom'],
    types: [],
  },
  files: ['b.mts', 'b.cts'],
};

test('the package brings one other along, npm warns of nothing, and both doors open, typed', (t) => {
  const folder = tempDir(t);
  const packed = run(projectRoot, process.execPath, 'scripts/pack.mjs', folder);
  t.is(packed.status, 0, packed.stderr);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const installed = run(folder, 'npm', 'install', '--no-audit', '--no-fund', packed.stdout.trim());
  t.is(installed.status, 0, installed.stderr);
  t.is(installed.stderr, '');
  const names = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  t.deepEqual(names, ['@koromix', 'tsbuild-oci']);
  t.is(readdirSync(join(folder, 'node_modules', '@koromix')).length, 1);

  t.regex(run(folder, 'npx', 'tsbuild', '--version').stdout, /^tsbuild \d/);
  writeFileSync(join(folder, 'a.cjs'), "process.stdout.write(typeof require('tsbuild-oci').build)");
  writeFileSync(
    join(folder, 'a.mjs'),
    "import { build } from 'tsbuild-oci'; process.stdout.write(typeof build)",
  );
  for (const name of ['a.cjs', 'a.mjs'])
    t.deepEqual(
      { name, ...pick(run(folder, process.execPath, name)) },
      { name, stdout: 'function', stderr: '' },
    );

  const manual = join(folder, 'node_modules', 'tsbuild-oci', 'man', 'tsbuild.1');
  t.regex(readFileSync(manual, 'utf8'), /tsbuild/);
  writeFileSync(
    join(folder, 'c.mjs'),
    "import { build } from 'tsbuild-oci'; build({}).catch((error) => console.log(error.stack.split(':')[0], error.constructor.name))",
  );
  t.is(run(folder, process.execPath, 'c.mjs').stdout, 'TsbuildError TsbuildError\n');

  for (const name of ['b.mts', 'b.cts']) writeFileSync(join(folder, name), PROGRAM);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(SETTINGS));
  const compiler = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const checked = run(folder, process.execPath, compiler);
  t.is(checked.stdout, '');
  t.is(checked.status, 0);
});

function pick({ stdout, stderr }: Ran): Pick<Ran, 'stdout' | 'stderr'> {
  return { stdout, stderr };
}
