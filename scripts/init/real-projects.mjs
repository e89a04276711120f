// Makes small real projects of each kind that `tsbuild init` knows, with packages of the npm registry; writes their Dockerfile with
// it, checks, builds and starts them, and asks each for its page.
//   node scripts/init/real-projects.mjs [KIND...]
// It needs the network, and the base images. NODE_VERSION says which version of Node is built on (default: what init wrote).
// Images of nginx and bun that a mirror lacks are stood in for: REAL_PROJECTS_STAND_INS=1.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PROJECTS } from './projects.mjs';
import { STAND_INS } from './stand-ins.mjs';

const TSBUILD = fileURLToPath(new URL('../../bin/tsbuild.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'tsbuild-projects-'));
const { NODE_VERSION, NODE_EXTRA_CA_CERTS, REAL_PROJECTS_STAND_INS } = process.env;
const SETTINGS = [
  ...(NODE_VERSION ? ['--build-arg', `NODE_VERSION=${NODE_VERSION}`] : []),
  ...(NODE_EXTRA_CA_CERTS ? ['--ca-cert', NODE_EXTRA_CA_CERTS] : []),
];

/** @returns what it printed */
function tsbuild(cwd, ...args) {
  const run = spawnSync(process.execPath, [TSBUILD, ...args], { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0)
    throw new Error(`tsbuild ${args.join(' ')} (status ${run.status})\n${run.stdout}${run.stderr}`);
  return run.stdout;
}

/** Options that replace images by others with the same behaviour. */
function standIns(names) {
  return names.flatMap((name) => {
    const folder = join(root, name.replaceAll(/\W/g, '-'));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'Dockerfile'), STAND_INS[name]);
    tsbuild(
      folder,
      '--progress',
      'plain',
      ...SETTINGS,
      '--output',
      `type=oci,dest=${folder}/image,tar=false`,
      '-t',
      'stand-in:1',
      '.',
    );
    return ['--build-context', `${name}=oci-layout://${folder}/image:1`];
  });
}

async function answerOf(port) {
  for (let tries = 0; ; tries++) {
    try {
      return await (await fetch(`http://127.0.0.1:${port}/`)).text();
    } catch (error) {
      if (tries === 100) throw error;
      await setTimeout(200);
    }
  }
}

async function tryProject(kind, { files, install, answer, images = [] }) {
  const folder = join(root, kind.replaceAll(/\W/g, '-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(
      join(folder, path),
      typeof content === 'string' ? content : JSON.stringify(content, undefined, 2),
    );
  }
  execFileSync('sh', ['-c', install], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const said = tsbuild(folder, 'init');
  const port = /-p (\d+):/.exec(said)[1];
  const replaced = REAL_PROJECTS_STAND_INS ? standIns(images) : [];
  tsbuild(folder, 'build', '--check', ...SETTINGS, ...replaced, '.');
  tsbuild(folder, '--progress', 'plain', ...SETTINGS, ...replaced, '-t', 'project:1', '.');
  const id = tsbuild(folder, 'run', '-d', '-p', `127.0.0.1::${port}`, 'project:1').trim();
  try {
    const published = /:(\d+)\s*$/.exec(tsbuild(folder, 'port', id, `${port}/tcp`))[1];
    const text = await answerOf(published).catch((error) => {
      throw new Error(`${error.message}\n${tsbuild(folder, 'logs', id)}`);
    });
    if (!text.includes(answer)) throw new Error(`answered ${JSON.stringify(text.slice(0, 500))}`);
    const began = Date.now();
    tsbuild(folder, 'stop', id);
    return `answers, ends in ${((Date.now() - began) / 1000).toFixed(1)} s`;
  } finally {
    tsbuild(folder, 'rm', '--force', id);
  }
}

const asked = process.argv.slice(2);
const kinds = Object.keys(PROJECTS).filter((kind) => asked.length === 0 || asked.includes(kind));
for (const kind of kinds)
  try {
    console.log(`ok   ${kind}: ${await tryProject(kind, PROJECTS[kind])}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAIL ${kind}: ${error.message}\n${error.stderr ?? ''}`);
  }
rmSync(root, { recursive: true });
