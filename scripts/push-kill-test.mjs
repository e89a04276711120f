// node scripts/push-kill-test.mjs [ROUNDS=50] [SEED]: pushes an image to a docker-registry and kills the push at a random moment.
// The tag must then be the old image or the new one, whole; the next push must end well and leave nothing behind.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeTree } from './remove-tree.mjs';

const rounds = Number(process.argv[2] ?? 50);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 1e9));
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-push-kill-'));
const store = join(scratch, 'store');
const context = join(scratch, 'context');
const LAYER_BYTES = 3_000_000;
const ACCEPT = { accept: 'application/vnd.oci.image.manifest.v1+json' };
const LAYERS = ['a', 'b', 'c', 'd'];

let state = seed;
/** The next number in [0, 1) of a linear congruential generator, so that a seed repeats the choices. */
function random() {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return state / 2_147_483_648;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function startRegistry() {
  const port = await freePort();
  const config = join(scratch, 'registry.yml');
  writeFileSync(
    config,
    `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${join(scratch, 'registry')}}}
http: {addr: "127.0.0.1:${port}"}
`,
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  for (let attempt = 0; attempt < 100; attempt++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      () => true,
      () => false,
    );
    if (isUp) return { host: `127.0.0.1:${port}`, stop: () => child.kill('SIGKILL') };
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error('docker-registry does not answer');
}

function tsbuild(...args) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'bin', 'tsbuild.js'), ...args], {
    env: { PATH: process.env.PATH, HOME: scratch, TSBUILD_ROOT: store },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const output = [];
  child.stderr.on('data', (chunk) => output.push(chunk));
  const end = new Promise((resolve) => {
    child.on('exit', (code) => resolve({ code, stderr: Buffer.concat(output).toString() }));
  });
  return { child, end };
}

async function run(...args) {
  const { code, stderr } = await tsbuild(...args).end;
  if (code !== 0) throw new Error(`tsbuild ${args.join(' ')} exited ${code}:\n${stderr}`);
}

function sha256(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function fetched(url, what) {
  const response = await fetch(url, { headers: ACCEPT });
  if (!response.ok) throw new Error(`${what}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The digest that the tag stands for, with all of its blobs read; undefined when there is no such tag. */
async function readTag(host) {
  const base = `http://${host}/v2/kill`;
  const head = await fetch(`${base}/manifests/1`, { method: 'HEAD', headers: ACCEPT });
  if (head.status === 404) return undefined;
  const bytes = await fetched(`${base}/manifests/1`, 'the manifest of the tag');
  const { config, layers } = JSON.parse(bytes.toString());
  for (const { digest, size } of [config, ...layers]) {
    const blob = await fetched(`${base}/blobs/${digest}`, digest);
    if (blob.length !== size || sha256(blob) !== digest) throw new Error(`${digest} has other content`);
  }
  return sha256(bytes);
}

/** Changes some layers, so that each round has something to compress and to send. */
function changeFiles() {
  for (const name of LAYERS.slice(Math.floor(random() * LAYERS.length)))
    writeFileSync(join(context, name), randomBytes(LAYER_BYTES));
}

function leftovers() {
  const folder = join(store, 'v1', 'tmp');
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function playRound(round, { host, lengthMs }) {
  const name = `${host}/kill:1`;
  const before = await readTag(host);
  changeFiles();
  await run('build', '-t', name, context);
  const push = tsbuild('push', name);
  await Promise.race([sleep(random() * lengthMs), push.end]);
  const isKilled = push.child.kill('SIGKILL');
  await push.end;
  const between = await readTag(host);
  await run('push', name);
  const after = await readTag(host);
  const problems = leftovers().map((file) => `left in tmp: ${file}`);
  if (between !== before && between !== after) problems.push('the tag was neither the old image nor the new');
  if (after === before) problems.push('the next push did not move the tag');
  const moment = !isKilled
    ? 'nothing, it was quicker'
    : between === before
      ? 'before the tag'
      : 'after the tag';
  console.log(`${problems.length ? 'not ok' : 'ok'} ${round} - killed ${moment}`);
  for (const problem of problems) console.log(`  ${problem}`);
  return problems.length === 0;
}

mkdirSync(context, { recursive: true });
for (const name of LAYERS) writeFileSync(join(context, name), randomBytes(LAYER_BYTES));
writeFileSync(
  join(context, 'Dockerfile'),
  `FROM scratch\n${LAYERS.map((name) => `COPY ${name} /${name}\n`).join('')}`,
);
const registry = await startRegistry();
const { host } = registry;
let failed = 0;
try {
  await run('build', '-t', `${host}/kill:1`, context);
  const started = performance.now();
  await run('push', `${host}/kill:1`);
  const lengthMs = performance.now() - started;
  for (let round = 1; round <= rounds; round++) {
    const isWell = await playRound(round, { host, lengthMs }).catch((error) => {
      console.log(`not ok ${round} - ${error.message}`);
      return false;
    });
    if (!isWell) failed++;
  }
} finally {
  registry.stop();
  removeTree(scratch);
}
console.log(`${rounds - failed} passed, ${failed} failed (seed ${seed})`);
process.exitCode = failed ? 1 : 0;
