// Bundles the command line, the library and the processes of the sandbox into dist/, with type declarations for the library.
// dist/ is replaced as a whole at the end, so that a running tsbuild or test never sees half of it. TSBUILD_SKIP_TYPES=1 leaves
// the declarations out.
import { build as bundle } from 'esbuild';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onlyContainers } from './build/only-containers.mjs';
import { addDigest } from './build/script-digest.mjs';
import { thirdPartyText } from './build/third-party.mjs';
import { bundleTypes } from './build/types.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

const entries = ['index'];
const processes = [
  'sandbox/notify/supervisor-main',
  'layer/tar/hash-thread-main',
  'start-command',
  'worker/start',
];
const out = `build-dist-${process.pid}`;
const old = `build-dist-old-${process.pid}`;

/**
 * The command line uses yargs' parser and prints its help itself, but yargs/helpers also loads what draws yargs' help, whose
 * Unicode tables cost 25 ms at every start.
 */
const withoutYargsHelp = {
  name: 'without-yargs-help',
  setup({ onResolve, onLoad }) {
    const isOfYargs = ({ importer }) => importer.includes('/node_modules/yargs/');
    onResolve({ filter: /^(string-width|cliui)$/ }, (args) =>
      isOfYargs(args) ? { path: args.path, namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'export default undefined;' }));
  },
};

/** What a script of builds does not hold: the other commands, the functions that they call, and the report of a build. */
const withoutOtherCommands = {
  name: 'without-other-commands',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/cli\/other-commands\.ts$/ }, () => ({
      contents: 'export const OTHER_COMMANDS = {};',
    }));
    onLoad({ filter: /\/src\/write-report\.ts$/ }, () => ({
      contents: 'export const writeReport = undefined;',
    }));
    onLoad({ filter: /\/src\/api\/(container-)?doors\.ts$/ }, ({ path }) => ({
      contents: [...readFileSync(path, 'utf8').matchAll(/^export const (\w+)/gm)]
        .map(([, name]) => `export const ${name} = undefined;`)
        .join('\n'),
    }));
  },
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  // Packages with binaries load them relative to their own folder.
  external: ['koffi'],
};

/** One file that Node need not link. What is imported dynamically is evaluated only when it is used. */
const script = {
  ...common,
  outdir: out,
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  charset: 'ascii',
  legalComments: 'external',
  minify: true,
  supported: { 'dynamic-import': false },
};

/** Paths of all files that are in a bundle. */
const bundled = new Set();

async function build(options) {
  const { metafile } = await bundle({ ...options, metafile: true });
  for (const path of Object.keys(metafile.inputs)) bundled.add(path);
}

/** The library. */
async function bundleModules() {
  await build({
    ...common,
    entryPoints: Object.fromEntries(
      entries.filter((entry) => existsSync(`src/${entry}.ts`)).map((e) => [e, `src/${e}.ts`]),
    ),
    outdir: out,
    splitting: true,
    format: 'esm',
    chunkNames: 'chunks/[name]-[hash]',
    define: { TSBUILD_VERSION: JSON.stringify(version) },
    // CommonJS packages call require. The import has a name of its own, since bundled code imports createRequire too.
    banner: {
      js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
    },
  });
}

const url = "const __url = require('node:url').pathToFileURL(__filename).href;";

/**
 * The command line and the worker, whose compiled form is kept (src/host/compiled-script.ts): V8 has one of scripts, and Node gives none of
 * modules. Each is a function that is called with `require` and the script's path.
 */
async function bundleCompiled(entry, { plugins = [], sourcemap, name = entry }) {
  await build({
    ...script,
    sourcemap,
    plugins,
    entryPoints: { [name]: `src/${entry}.ts` },
    define: { TSBUILD_VERSION: JSON.stringify(version), 'import.meta.url': '__url' },
    banner: { js: `(function (require, __filename) { ${url}` },
    footer: { js: '})' },
  });
  addDigest(`${out}/${name}.cjs`);
}

/** The other processes, threads, and what starts the two above: one script each, since Node takes long to link modules. */
async function bundleProcesses() {
  await build({
    ...script,
    sourcemap: false,
    entryPoints: Object.fromEntries(processes.map((entry) => [entry, `src/${entry}.ts`])),
    define: { 'import.meta.url': '__url' },
    banner: { js: url },
  });
}

async function emitTypes() {
  const types = await bundleTypes();
  for (const name of ['index.d.ts', 'index.d.cts']) writeFileSync(`${out}/${name}`, types);
}

/** For `require`: the same modules, so that both ways in give the same functions and classes. */
function writeCommonJsDoor() {
  writeFileSync(`${out}/index.cjs`, "module.exports = require('./index.js');\n");
}

function publish() {
  if (existsSync('dist')) renameSync('dist', old);
  renameSync(out, 'dist');
}

try {
  await Promise.all([
    bundleModules(),
    bundleCompiled('cli/main', { plugins: [withoutYargsHelp, withoutOtherCommands], sourcemap: true }),
    bundleCompiled('cli/main', { name: 'cli/every-command', plugins: [withoutYargsHelp], sourcemap: false }),
    bundleCompiled('cli/main', {
      name: 'cli/containers',
      plugins: [withoutYargsHelp, onlyContainers],
      sourcemap: false,
    }),
    bundleCompiled('worker/main', { sourcemap: false }),
    bundleProcesses(),
  ]);
  writeFileSync(`${out}/THIRD-PARTY.txt`, thirdPartyText([...bundled]));
  writeCommonJsDoor();
  if (!process.env.TSBUILD_SKIP_TYPES) await emitTypes();
  publish();
} finally {
  for (const folder of [out, old]) rmSync(folder, { recursive: true, force: true });
}
