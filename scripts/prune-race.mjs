// node scripts/prune-race.mjs [ROUNDS=100] [UID]: builds and prunes at once on one store. Every build must succeed and give the
// right files, although everything that no build uses is deleted again and again; the image with a name must stay whole.
// With UID, root runs all of it as that user.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostShellOptions } from './host-shell.mjs';
import { removeTree } from './remove-tree.mjs';

const rounds = Number(process.argv[2] ?? 100);
const uid = process.argv[3] === undefined ? undefined : Number(process.argv[3]);
const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-race-'));
const store = join(scratch, 'store');
if (uid !== undefined) chownSync(scratch, uid, uid);
/** Few, so that builds hit what earlier rounds left and a prune is about to delete. */
const VERSIONS = 3;

function tsbuild(args) {
  const child = spawn(process.execPath, [join(root, 'bin', 'tsbuild.js'), ...args], {
    env: { PATH: process.env.PATH, HOME: scratch, TSBUILD_ROOT: store, XDG_CACHE_HOME: '/dev/null' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const output = [];
  const notes = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => notes.push(chunk));
  return new Promise((resolve) => {
    child.on('close', (code, signal) =>
      resolve({
        code,
        signal,
        text: Buffer.concat(output).toString(),
        notes: Buffer.concat(notes).toString(),
      }),
    );
  });
}

function makeFolder(name) {
  const path = join(scratch, name);
  mkdirSync(path);
  if (uid !== undefined) chownSync(path, uid, uid);
  return path;
}

function contextOf(name, dockerfile) {
  const context = makeFolder(name);
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  return context;
}

function fail(message, text) {
  process.stderr.write(`${message}\n${text}\n`);
  process.exitCode = 1;
}

const hello = readFileSync(join(root, 'fixtures', 'hello', 'Dockerfile'), 'utf8');
const shell = hello.slice(0, hello.indexOf('COPY greeting.txt'));
const BUILDS = [
  {
    name: 'copies',
    args: [],
    dockerfile:
      'FROM scratch AS a\nCOPY data /one/data\nCOPY data /two/data\nFROM scratch\nCOPY --from=a /two /out\nCOPY data /out/more\n',
  },
  {
    name: 'runs',
    args: hostShellOptions(),
    dockerfile: `${shell}COPY data /in/data
WORKDIR /made
RUN --mount=type=cache,target=/cache read line </in/data; echo "$line" >/cache/last; echo "$line" >/made/data; echo "$line" >/made/more
FROM scratch
COPY --from=0 /made /out
`,
  },
];

/** Whether the image with this name is whole: every blob is there, with the right digest. */
function problemOfNamed(name) {
  const blob = (digest) => join(store, 'v1', 'oci', 'blobs', 'sha256', digest.slice('sha256:'.length));
  const index = JSON.parse(readFileSync(join(store, 'v1', 'oci', 'index.json'), 'utf8'));
  const found = index.manifests.find(
    ({ annotations }) => annotations['org.opencontainers.image.ref.name'] === `docker.io/library/${name}`,
  );
  if (!found) return `${name} has lost its name`;
  const manifest = JSON.parse(readFileSync(blob(found.digest), 'utf8'));
  for (const { digest } of [found, manifest.config, ...manifest.layers]) {
    if (!existsSync(blob(digest))) return `${name} lacks ${digest}`;
    const sum = createHash('sha256')
      .update(readFileSync(blob(digest)))
      .digest('hex');
    if (`sha256:${sum}` !== digest) return `${name}: ${digest} has another content`;
  }
  return undefined;
}

const running = new Set(BUILDS);
const counts = { builds: 0, prunes: 0, freed: 0, cached: 0 };

async function buildAll(build) {
  const { name, args, dockerfile } = build;
  const context = contextOf(name, dockerfile);
  for (let round = 0; round < rounds && process.exitCode === undefined; round++) {
    const line = `version ${round % VERSIONS}`;
    writeFileSync(join(context, 'data'), `${line}\n`);
    const files = makeFolder(`${name}-files-${round}`);
    const isNamed = round % 4 === 0;
    const built = await tsbuild([
      'build',
      '--progress',
      'plain',
      ...args,
      '-o',
      `type=local,dest=${files}`,
      ...(isNamed ? ['-t', `${name}:1`] : []),
      context,
    ]);
    counts.builds++;
    counts.cached += Number(/(\d+) cached/.exec(built.notes)?.[1] ?? 0);
    if (built.code !== 0)
      fail(`round ${round}: ${name} failed with ${built.code ?? built.signal}`, built.notes);
    else
      for (const file of ['data', 'more'])
        if (readFileSync(join(files, 'out', file), 'utf8') !== `${line}\n`)
          fail(`round ${round}: ${name} has another ${file}`, built.notes);
    const problem = isNamed && built.code === 0 ? problemOfNamed(`${name}:1`) : undefined;
    if (problem !== undefined) fail(`round ${round}: ${problem}`, built.notes);
    removeTree(files);
  }
  running.delete(build);
}

async function pruneAll() {
  while (running.size > 0 && process.exitCode === undefined) {
    const pruned = await tsbuild(['prune', '--all', '--force', '--format', 'json']);
    counts.prunes++;
    if (pruned.code !== 0) fail(`prune failed with ${pruned.code ?? pruned.signal}`, pruned.notes);
    else {
      if (pruned.notes !== '') fail('prune has something to say', pruned.notes);
      counts.freed += JSON.parse(pruned.text).items.length;
    }
  }
}

try {
  const work = [...BUILDS.map(buildAll), pruneAll(), pruneAll()];
  for (const { status, reason } of await Promise.allSettled(work))
    if (status === 'rejected') fail('the race itself failed', reason.stack);
  for (const { name } of BUILDS) {
    const problem = problemOfNamed(`${name}:1`);
    if (problem !== undefined) fail(`at the end: ${problem}`, '');
  }
  console.log(
    `${counts.builds} builds (${counts.cached} steps cached), ${counts.prunes} prunes that deleted ${counts.freed} items`,
  );
} finally {
  removeTree(scratch);
}
