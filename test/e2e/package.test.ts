// The package as users get it: what is installed with it, and its two doors for code, with their types.
import test from 'ava';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../support/project-root.js';
import { testNeeding } from '../support/requirements.js';
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
import {
  build, createEngine, formatError, printProgress, TsbuildError, type BuildEvent, type BuildOptions,
} from 'tsbuild-oci';
const options: BuildOptions = { onEvent: (event: BuildEvent) => void event.kind, env: { TSBUILD_ROOT: '/x' } };
export async function main(): Promise<string> {
  try {
    return (await build({ context: '.' }, options)).digest ?? '';
  } catch (error) {
    return error instanceof TsbuildError ? [error.code, error.log, await formatError(error)].join() : '';
  }
}
export async function many(): Promise<readonly string[]> {
  let text = '';
  const print = await printProgress({ stream: { write: (more) => (text += more) }, mode: 'plain' });
  const engine = createEngine(options);
  const platform = 'linux/arm64';
  const image = { type: 'docker', dest: 'image.tar' } as const;
  const built = await Promise.all(
    ['a', 'b'].map((context) =>
      engine.build({ context, platform, outputs: [image] }, { onEvent: print.named(context) })),
  );
  await engine.close();
  return built.map(({ digest }) => digest ?? text);
}
`;

/** The scope of an engine, for programs whose library knows of it. */
const SCOPED = `
import { createEngine } from 'tsbuild-oci';
export async function main(): Promise<void> {
  await using engine = createEngine();
  await engine.images();
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

  for (const name of ['b.mts', 'b.cts']) writeFileSync(join(folder, name), PROGRAM);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(SETTINGS));
  const compiler = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const checked = run(folder, process.execPath, compiler);
  t.is(checked.stdout, '');
  t.is(checked.status, 0);

  writeFileSync(join(folder, 'c.mts'), SCOPED);
  const { compilerOptions } = SETTINGS;
  const scoped = { ...compilerOptions, lib: ['es2023', 'dom', 'esnext.disposable'] };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: scoped, files: ['b.mts', 'c.mts'] }),
  );
  t.is(run(folder, process.execPath, compiler).stdout, '');
});

testNeeding('strace')('a program that builds loads nothing that draws, and keeps no process up', (t) => {
  const folder = tempDir(t);
  const program = `
    import { build, createEngine } from ${JSON.stringify(pathToFileURL(join(projectRoot, 'dist', 'index.js')).href)};
    const options = { env: { TSBUILD_ROOT: ${JSON.stringify(join(folder, 'store'))}, HOME: ${JSON.stringify(folder)} } };
    const request = { context: '.', dockerfileText: 'FROM scratch\\n' };
    await createEngine(options).build(request);
    await build({ ...request, dockerfileText: 'FROM nowhere.invalid:1/x\\n' }, options).catch((error) => console.error(error));
  `;
  writeFileSync(join(folder, 'a.mjs'), program);
  const ran = spawnSync('strace', ['-f', '-e', 'trace=openat', '-o', 'trace', process.execPath, 'a.mjs'], {
    cwd: folder,
    encoding: 'utf8',
  });
  t.is(ran.stdout, '');
  t.regex(ran.stderr, /^TsbuildError: /);
  const opened = readFileSync(join(folder, 'trace'), 'utf8');
  t.regex(opened, /dist\/chunks\//);
  t.notRegex(
    opened,
    /\/(tty|plain|rawjson|palette|select-renderer|print-progress|format-error)-[A-Z0-9]+\.js/,
  );
});

function pick({ stdout, stderr }: Ran): Pick<Ran, 'stdout' | 'stderr'> {
  return { stdout, stderr };
}
