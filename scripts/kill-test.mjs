// node scripts/kill-test.mjs [ROUNDS=50] [SEED]: starts a build, kills its front, its worker or a launcher at a random moment (or
// presses Ctrl-C), and checks that nothing is left running or mounted, that the store is valid, and that the next build is right.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostShellOptions } from './host-shell.mjs';
import { descendantsOf, readProc, tracesOf } from './process-traces.mjs';
import { removeTree } from './remove-tree.mjs';

const rounds = Number(process.argv[2] ?? 50);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 1e9));
const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-kill-'));
const store = join(scratch, 'store');
const context = join(scratch, 'context');
const files = join(scratch, 'files');

let state = seed;
/** The next number in [0, 1) of a linear congruential generator, so that a seed repeats the choices. */
function random() {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return state / 2_147_483_648;
}

const hello = readFileSync(join(root, 'fixtures', 'hello', 'Dockerfile'), 'utf8');
const dockerfile = `${hello.slice(0, hello.indexOf('COPY greeting.txt'))}COPY --from=host /bin/sleep /bin/sleep
ARG ROUND
COPY data /data/
RUN sleep 0.2; echo one > /one
COPY data /again/
RUN sleep 0.2; i=0; while [ $i -lt 300 ]; do echo $i > /again/$i; i=$((i+1)); done
WORKDIR /end
`;

function start(round) {
  const args = ['build', '--progress', 'plain', ...hostShellOptions(), '--build-arg', `ROUND=${round}`];
  const outputs = ['--output', `type=local,dest=${files}`, '-t', 'kill:1', context];
  const child = spawn(process.execPath, [join(root, 'bin', 'tsbuild.js'), ...args, ...outputs], {
    env: { PATH: process.env.PATH, HOME: scratch, TSBUILD_ROOT: store },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const output = [];
  child.stderr.on('data', (chunk) => output.push(chunk));
  const end = new Promise((resolve) => {
    child.on('exit', (code, signal) =>
      resolve({ code, signal, stderr: () => Buffer.concat(output).toString() }),
    );
  });
  return { child, end };
}

/** One digest of all names and contents that the build put out. */
function treeDigest() {
  const hash = createHash('sha256');
  const entries = readdirSync(files, { recursive: true, withFileTypes: true });
  for (const entry of entries.toSorted((a, b) =>
    join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
  )) {
    const path = join(entry.parentPath, entry.name);
    hash.update(`${path.slice(files.length)}\0`);
    if (entry.isFile()) hash.update(readFileSync(path));
    if (entry.isSymbolicLink()) hash.update(readlinkSync(path));
  }
  return hash.digest('hex');
}

function storeProblems() {
  const oci = join(store, 'v1', 'oci');
  if (!existsSync(join(oci, 'index.json'))) return [];
  const blobs = join(oci, 'blobs', 'sha256');
  const names = new Set(existsSync(blobs) ? readdirSync(blobs) : []);
  const problems = [];
  for (const name of names) {
    const digest = createHash('sha256')
      .update(readFileSync(join(blobs, name)))
      .digest('hex');
    if (digest !== name) problems.push(`blob ${name} has other content`);
  }
  const { manifests } = JSON.parse(readFileSync(join(oci, 'index.json'), 'utf8'));
  for (const { digest } of manifests)
    if (!names.has(digest.slice('sha256:'.length))) problems.push(`${digest} is missing`);
  return problems;
}

async function build(round) {
  rmSync(files, { recursive: true, force: true });
  const { code, stderr } = await start(round).end;
  return code === 0 ? { tree: treeDigest() } : { problem: `the next build failed (${code}):\n${stderr()}` };
}

const KINDS = ['front', 'front, Ctrl-C', 'worker or launcher', 'worker or launcher'];

/** Kills a process below the front, as soon as there is one. */
async function killBelow(pid, isEnded) {
  for (;;) {
    const below = descendantsOf(pid);
    const victim = below[Math.floor(random() * below.length)];
    if (victim) {
      try {
        process.kill(victim.pid, 'SIGKILL');
        return victim.command.split(' ').slice(0, 3).join(' ');
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
    if (await Promise.race([sleep(5).then(() => false), isEnded])) return undefined;
  }
}

/** Kills one process of the build at a random moment; the victim is undefined when the build was quicker. */
async function killOne({ child, end }, lengthMs) {
  const isEnded = end.then(() => true);
  await Promise.race([sleep(random() * lengthMs), isEnded]);
  const kind = KINDS[Math.floor(random() * KINDS.length)];
  const below = descendantsOf(child.pid).map((it) => ({ ...it, started: startTimeOf(it.pid) }));
  if (kind === 'worker or launcher') return { below, victim: await killBelow(child.pid, isEnded) };
  const isKilled = child.kill(kind === 'front' ? 'SIGKILL' : 'SIGINT');
  return { below, victim: isKilled ? kind : undefined };
}

/** What tells a process from a later one with the same id. */
const startTimeOf = (pid) => readProc(pid, 'stat').split(') ')[1]?.split(' ')[19];

async function tracesThatStay(below) {
  const left = () => [
    ...tracesOf(store),
    ...below.filter(({ pid, started }) => started !== undefined && startTimeOf(pid) === started),
  ];
  for (let i = 0; i < 100; i++) {
    if (left().length === 0) return [];
    await sleep(100);
  }
  return left().map(({ pid, command }) => `left running: ${pid} ${command}`);
}

async function playRound(round, reference) {
  rmSync(files, { recursive: true, force: true });
  const run = start(round);
  const { victim, below } = await killOne(run, reference.lengthMs);
  const ended = await Promise.race([run.end, sleep(30_000)]);
  const problems = ended ? await tracesThatStay(below) : ['the front did not end'];
  // A signal that comes before Node has begun ends the process as it ends any other.
  if (
    ended &&
    victim?.startsWith('front, Ctrl-C') &&
    ![0, 130].includes(ended.code) &&
    ended.signal !== 'SIGINT'
  )
    problems.push(`Ctrl-C exited ${ended.code}`);
  problems.push(...storeProblems());
  const next = await build(round);
  if (next.problem) problems.push(next.problem);
  else if (next.tree !== reference.tree) problems.push('the next build gave other files');
  problems.push(...storeProblems());
  console.log(
    `${problems.length ? 'not ok' : 'ok'} ${round} - killed ${victim ?? 'nothing, it was quicker'}`,
  );
  for (const problem of problems) console.log(`  ${problem}`);
  return problems.length === 0;
}

mkdirSync(join(context, 'data'), { recursive: true });
for (let i = 0; i < 200; i++) writeFileSync(join(context, 'data', `file-${i}`), String(i).repeat(1000));
writeFileSync(join(context, 'Dockerfile'), dockerfile);
let failed = 0;
try {
  const started = performance.now();
  const { tree, problem } = await build(0);
  if (problem) throw new Error(problem);
  const reference = { tree, lengthMs: performance.now() - started };
  for (let round = 1; round <= rounds; round++) if (!(await playRound(round, reference))) failed++;
} finally {
  removeTree(scratch);
}
console.log(`${rounds - failed} passed, ${failed} failed (seed ${seed})`);
process.exitCode = failed ? 1 : 0;
