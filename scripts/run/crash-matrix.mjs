// Kills each process of a container at a random moment of its start, and looks whether the state that `ps` tells is right within a
// second, and whether anything is left when all containers are removed. The container has a published port and a user network.
//   node scripts/run/crash-matrix.mjs [--rounds 50] [--seed N] [--only front,worker,monitor,anchor,main] [--busybox PATH]
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  openSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { descendantsOf, readProc, tracesOf } from '../process-traces.mjs';
import { removeTree } from '../remove-tree.mjs';

const VICTIMS = ['front', 'worker', 'monitor', 'anchor', 'main'];
const LATEST_MS = 400;
const SETTLED_MS = 1000;
const ENDED_WITHIN_MS = 20_000;
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    only: { type: 'string', default: VICTIMS.join(',') },
    busybox: { type: 'string', default: '/bin/busybox' },
  },
});
const program = fileURLToPath(new URL('../../bin/tsbuild.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-crash-'));
const store = join(scratch, 'store');
const containers = join(store, 'local', 'v1', 'containers');
const env = { PATH: process.env.PATH, HOME: scratch, TSBUILD_ROOT: store, XDG_CACHE_HOME: '/dev/null' };

let randomState = Number(options.seed);
/** The next number in [0, 1) of a linear congruential generator, so that a seed repeats the choices. */
function random() {
  randomState = (randomState * 1_103_515_245 + 12_345) % 2_147_483_648;
  return randomState / 2_147_483_648;
}

function tsbuild(...args) {
  const run = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8', timeout: 60_000 });
  return { ok: run.status === 0, stdout: run.stdout, text: `${args[0]}: exit ${run.status} ${run.stderr}` };
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

const startTimeOf = (pid) => readProc(pid, 'stat').split(') ')[1]?.split(' ')[19];
const isAlive = (known) =>
  known !== undefined &&
  startTimeOf(known.pid) === known.startTime &&
  !/\) [ZX] /.test(readProc(known.pid, 'stat'));

function namespaceOf(pid, kind) {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

function folders() {
  try {
    return readdirSync(join(containers, 'c'));
  } catch {
    return [];
  }
}

const stateOf = (id) => readJson(join(containers, 'c', id, 'state.json'));
const states = () => folders().flatMap((id) => stateOf(id) ?? []);

function findVictim(kind, front) {
  if (kind === 'front') return front.pid;
  if (kind === 'anchor') return readJson(join(containers, 'anchor.json'))?.pid;
  if (kind === 'worker')
    return descendantsOf(front.pid).find(({ command }) => /node|unshare|nsenter/.test(command))?.pid;
  const known = states()[0]?.[kind];
  return known && isAlive(known) ? known.pid : undefined;
}

async function killOne(kind, front, isEnded) {
  await sleep(random() * LATEST_MS);
  for (const until = performance.now() + 3000; performance.now() < until && !isEnded(); await sleep(2)) {
    const pid = findVictim(kind, front);
    if (pid === undefined) continue;
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
  return false;
}

/** User and network namespaces that this store's processes have, but not this process. */
function namespacesBelow(front) {
  const known = states().flatMap(({ main, monitor, helpers = [] }) => [main, monitor, ...helpers]);
  const anchor = readJson(join(containers, 'anchor.json'));
  const pids = [front.pid, anchor?.pid, ...descendantsOf(front.pid).map(({ pid }) => pid)];
  pids.push(...known.filter(isAlive).map(({ pid }) => pid));
  const own = ['user', 'net'].map((kind) => namespaceOf('self', kind));
  return ['user', 'net']
    .flatMap((kind) => pids.map((pid) => ({ name: namespaceOf(pid, kind), path: `/proc/${pid}/ns/${kind}` })))
    .filter(({ name }) => name !== undefined && !own.includes(name));
}

function hold(watch, namespaces) {
  for (const { name, path } of namespaces) {
    if (watch.has(name)) continue;
    try {
      const fd = openSync(path, 'r');
      if (readlinkSync(`/proc/self/fd/${fd}`) === name) watch.set(name, fd);
      else closeSync(fd);
    } catch {
      // Its process ended meanwhile.
    }
  }
}

function processesIn(namespaces) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => ['user', 'net'].some((kind) => namespaces.has(namespaceOf(pid, kind))))
    .map((pid) => `left running: ${pid} ${readProc(pid, 'cmdline').replaceAll('\0', ' ')}`);
}

/** What `ps` says against the processes that there are. */
function stateProblems(kind, wasKilled) {
  const listed = tsbuild('ps', '-a', '--no-trunc', '--format', 'json');
  if (!listed.ok) return [listed.text];
  const rows = listed.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return rows.flatMap((row) => {
    const state = stateOf(row.ID);
    if (row.State === 'running')
      return isAlive(state?.main) && isAlive(state?.monitor) ? [] : ['running without a process'];
    if (state && isAlive(state.main)) return [`${row.State} with a process`];
    if (row.State !== 'exited' || !wasKilled) return [];
    const [{ State }] = JSON.parse(tsbuild('inspect', row.ID).stdout);
    const isExplained = kind !== 'monitor' || State.Error !== '';
    const isRight = State.ExitCode === 137 && isExplained;
    return isRight
      ? []
      : [`exit code ${State.ExitCode}, error "${State.Error}" after the ${kind} was killed`];
  });
}

function listen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const { port: own } = server.address();
      server.close(() => resolve(own));
    });
  });
}

async function leftovers(namespaces, port) {
  const look = () => [
    ...processesIn(namespaces),
    ...tracesOf(store).map(({ pid, command }) => `names the store: ${pid} ${command}`),
  ];
  for (let i = 0; i < 30 && look().length > 0; i++) await sleep(100);
  const isTaken = await listen(port).then(
    () => [],
    () => ['the port is taken'],
  );
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').includes(store) ? ['a mount is left'] : [];
  // Of a create that was killed before it was one: a later removal deletes it.
  const isBorn = (id) => existsSync(join(containers, 'c', id, 'record.json'));
  const records = folders()
    .filter(isBorn)
    .map((id) => `a folder is left: ${id}`);
  return [...look(), ...isTaken, ...mounts, ...records];
}

async function playRound(kind, round) {
  const port = await listen(0);
  const isDetached = round % 2 === 0;
  const name = `crash-${kind}-${round}`;
  const network = ['--network', 'crash', '-p', `127.0.0.1:${port}:80`];
  const args = ['run', ...(isDetached ? ['-d'] : []), '--name', name, ...network, 'crash:1', 'sleep', '1000'];
  const front = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  front.stderr.on('data', (chunk) => (said += chunk));
  let isEnded = false;
  const end = new Promise((resolve) =>
    front.once('exit', (code) => {
      isEnded = true;
      resolve(code);
    }),
  );
  // A namespace that is open does not give its number to another one.
  const watch = new Map();
  const watching = setInterval(() => hold(watch, namespacesBelow(front)), 25);
  const wasKilled = await killOne(kind, front, () => isEnded);
  await sleep(SETTLED_MS);
  clearInterval(watching);
  hold(watch, namespacesBelow(front));
  const problems = stateProblems(kind, wasKilled);
  const mustEnd = isDetached || ['front', 'monitor', 'main'].includes(kind);
  const ended = await Promise.race([end, sleep(mustEnd && wasKilled ? ENDED_WITHIN_MS : 0, 'runs')]);
  if (ended === 'runs') {
    if (mustEnd && wasKilled) problems.push('the command did not end');
    front.kill('SIGKILL');
    await end;
  } else if (!isDetached && wasKilled && kind === 'main' && !isTold(ended, said))
    problems.push(`the command exited ${ended}: ${said.trim()}`);
  const names = tsbuild('ps', '-aq').stdout.split('\n').filter(Boolean);
  if (names.length > 0) {
    const removed = tsbuild('rm', '-f', ...names);
    if (!removed.ok) problems.push(removed.text);
  }
  problems.push(...(await leftovers(watch, port)));
  for (const fd of watch.values()) closeSync(fd);
  const mode = isDetached ? 'detached' : 'foreground';
  const what = wasKilled ? `killed the ${kind}` : `nothing to kill as the ${kind}`;
  console.log(`${problems.length ? 'not ok' : 'ok'} - ${what}, ${mode}, round ${round}`);
  for (const problem of problems) console.log(`  ${problem}`);
  if (problems.length > 0 && said) console.log(`  the command said: ${said.trim()}`);
  return problems.length === 0;
}

/** Its end, or that it could not be started. */
const isTold = (code, said) => code === 137 || (code === 125 && said.startsWith('ERROR: '));

function prepare() {
  const context = join(scratch, 'context');
  mkdirSync(context);
  copyFileSync(options.busybox, join(context, 'busybox'));
  const install = 'RUN ["/bin/busybox","--install","-s","/bin"]';
  writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nCOPY busybox /bin/busybox\n${install}\n`);
  for (const args of [
    ['build', '-q', '-t', 'crash:1', context],
    ['network', 'create', 'crash'],
  ]) {
    const done = tsbuild(...args);
    if (!done.ok) throw new Error(done.text);
  }
}

let failed = 0;
let played = 0;
try {
  prepare();
  for (let round = 1; round <= Number(options.rounds); round++)
    for (const kind of options.only.split(',')) {
      played++;
      if (!(await playRound(kind, round))) failed++;
    }
} finally {
  removeTree(scratch);
}
console.log(`${played - failed} passed, ${failed} failed (seed ${options.seed})`);
process.exitCode = failed ? 1 : 0;
