// node scripts/share/push-benchmark.mjs [--megabytes 300] [--layers 1] [--rounds 3] [--from DIR,DIR] [--registry HOST:PORT]
// Pushes the same image of real files with tsbuild, skopeo and buildah in turn, each time to a registry that has nothing of it,
// and prints wall time, CPU seconds, memory and the compressed size. Memory is looked at in a round of its own, since looking takes a part
// of a core. Without --registry a docker-registry is started for each
// push; a given one must be empty of repositories bench-*.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { descendantsOf, readProc } from '../process-traces.mjs';
import { removeTree } from '../remove-tree.mjs';

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '300' },
    layers: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    from: { type: 'string', default: '/usr/lib,/usr/share' },
    registry: { type: 'string' },
  },
});
const root = join(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-push-'));
const layers = Number(values.layers);

function* filesBelow(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/** Regular files of the directories, as many as fit, spread over the layers. */
function writeContext() {
  const context = join(scratch, 'context');
  let left = Number(values.megabytes) * 1e6;
  let count = 0;
  for (const directory of values.from.split(','))
    for (const path of filesBelow(directory)) {
      const { size } = statSync(path);
      if (size > left) continue;
      const target = join(context, String(count++ % layers), path);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(path, target);
      left -= size;
      if (left < 1e5) break;
    }
  const copies = Array.from({ length: layers }, (_, layer) => `COPY ${layer} /\n`);
  writeFileSync(join(context, 'Dockerfile'), `FROM scratch\n${copies.join('')}`);
  return context;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Calls `work` with the address of a registry that is empty. */
async function withRegistry(work) {
  if (values.registry) return work(values.registry);
  const folder = mkdtempSync(join(scratch, 'registry-'));
  const address = `127.0.0.1:${await freePort()}`;
  writeFileSync(
    join(folder, 'config.yml'),
    `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: "${address}"}\n`,
  );
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  try {
    for (let attempt = 0; ; attempt++) {
      const isUp = await fetch(`http://${address}/v2/`)
        .then(() => true)
        .catch(() => false);
      if (isUp) break;
      if (attempt === 100) throw new Error('docker-registry does not answer');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return await work(address);
  } finally {
    child.kill();
    removeTree(folder);
  }
}

/** Whether a round looks at the memory of processes instead of time. */
let looksAtMemory = false;

/** Wall and CPU seconds, or the memory of all processes at once at most, of a command that must succeed. */
async function measure(command, env) {
  const started = performance.now();
  const quoted = command.map((word) => `'${word}'`).join(' ');
  const child = spawn('bash', ['-c', `TIMEFORMAT='CPU %U %S'; time ${quoted} >/dev/null`], {
    env: { PATH: process.env.PATH, HOME: scratch, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (data) => (text += data));
  let peak = 0;
  const look = () => {
    const used = descendantsOf(child.pid).map(({ pid }) =>
      Number(/^VmRSS:\s+(\d+) kB/m.exec(readProc(pid, 'status'))?.[1] ?? 0),
    );
    peak = Math.max(peak, used.reduce((sum, kilobytes) => sum + kilobytes, 0) / 1024);
  };
  const timer = looksAtMemory ? setInterval(look, 20) : undefined;
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  const wall = (performance.now() - started) / 1000;
  const [, user, system] = /^CPU ([\d.]+) ([\d.]+)$/m.exec(text) ?? [];
  if (code !== 0) throw new Error(`${quoted}: ${text}`);
  return looksAtMemory ? { memory: peak } : { wall, cpu: Number(user) + Number(system) };
}

async function sizeOf(address, repository) {
  const accept =
    'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
  const answer = await fetch(`http://${address}/v2/${repository}/manifests/1`, { headers: { accept } });
  const manifest = await answer.json();
  return manifest.layers.reduce((sum, { size }) => sum + size, 0) / 1e6;
}

const tsbuild = (store, ...args) => [
  [process.execPath, join(root, 'bin', 'tsbuild.js'), ...args],
  { TSBUILD_ROOT: store },
];

const context = writeContext();
const layout = join(scratch, 'layout');
const containers = join(scratch, 'containers');
const buildah = [
  'buildah',
  '--root',
  containers,
  '--runroot',
  join(scratch, 'run'),
  '--storage-driver',
  'vfs',
];

/** What each pushes with, to the repository bench-NAME; what is before the push is not measured. */
const PEERS = {
  async tsbuild(address) {
    const store = mkdtempSync(join(scratch, 'store-'));
    const name = `${address}/bench-tsbuild:1`;
    await measure(...tsbuild(store, '-t', name, context));
    const result = await measure(...tsbuild(store, 'push', '--progress', 'none', name));
    removeTree(store);
    return result;
  },
  skopeo: (address) =>
    measure([
      'skopeo',
      'copy',
      '--dest-tls-verify=false',
      `oci:${layout}:1`,
      `docker://${address}/bench-skopeo:1`,
    ]),
  buildah: (address) =>
    measure([
      ...buildah,
      'push',
      '--tls-verify=false',
      'localhost/bench:1',
      `docker://${address}/bench-buildah:1`,
    ]),
};

try {
  const output = `type=oci,compression=uncompressed,tar=false,dest=${layout}`;
  await measure(...tsbuild(join(scratch, 'store'), '-t', 'localhost/bench:1', '-o', output, context));
  execFileSync(
    'skopeo',
    [
      'copy',
      `oci:${layout}:1`,
      `containers-storage:[vfs@${containers}+${join(scratch, 'run')}]localhost/bench:1`,
    ],
    { stdio: 'ignore' },
  );
  const rounds = { tsbuild: [], skopeo: [], buildah: [] };
  for (let round = 0; round <= Number(values.rounds); round++) {
    looksAtMemory = round === 0;
    for (const [peer, push] of Object.entries(PEERS))
      await withRegistry(async (address) => {
        const result = await push(address);
        rounds[peer].push({ ...result, size: await sizeOf(address, `bench-${peer}`) });
      });
  }
  console.log('            wall s   CPU s      MB   size MB   (the fastest of the rounds)');
  for (const [peer, results] of Object.entries(rounds)) {
    const best = (key) => Math.min(...results.map((result) => result[key] ?? Infinity));
    const columns = [
      best('wall').toFixed(2),
      best('cpu').toFixed(2),
      best('memory').toFixed(0),
      best('size').toFixed(1),
    ];
    console.log(`${peer.padEnd(8)}${columns.map((column) => column.padStart(9)).join(' ')}`);
  }
} finally {
  removeTree(scratch);
}
