// Measures containers of tsbuild beside podman's and docker's: a line of JSON for each figure and engine, with tsbuild's ratio to it.
// Needs root for the others. All containers are without network.
//   npm run bench -- run [--rounds 20] [--containers 100] [--log-mib 1024] [--engines tsbuild,podman,docker] [--busybox PATH]
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDocker } from '../ci/docker-daemon.mjs';
import { removeTree } from '../remove-tree.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    containers: { type: 'string', default: '100' },
    'log-mib': { type: 'string', default: '1024' },
    engines: { type: 'string', default: 'tsbuild,podman,docker' },
    busybox: { type: 'string', default: '/bin/busybox' },
  },
});
const rounds = Number(options.rounds);
const count = Number(options.containers);
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-run-bench-'));
const program = fileURLToPath(new URL('../../bin/tsbuild.js', import.meta.url));
process.env.TSBUILD_ROOT = join(scratch, 'store');
const IMAGE = 'bench:1';
const NONE = ['--network', 'none'];

// Else podman asks for more open files than a container of CI may have.
const containersConf = join(scratch, 'containers.conf');
writeFileSync(
  containersConf,
  '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n[engine]\ncgroup_manager = "cgroupfs"\n',
);
process.env.CONTAINERS_CONF = containersConf;

const own = [process.execPath, program];
const podmanPlaces = ['--root', join(scratch, 'podman'), '--runroot', join(scratch, 'podman-run')];
const podmanWays =
  '--storage-driver vfs --runtime runc --cgroup-manager cgroupfs --events-backend file'.split(' ');
/** Command line, and the processes that it keeps for its containers, beside the containers. */
const ENGINES = {
  tsbuild: { line: own, isHelper: ({ exe }) => exe.includes('memfd:launcher') },
  podman: { line: ['podman', ...podmanPlaces, ...podmanWays], isHelper: ({ comm }) => comm === 'conmon' },
  docker: { line: ['docker'], isHelper: ({ comm }) => comm.startsWith('containerd-shim') },
};

function call(engine, args, isChecked = true) {
  const [command, ...first] = ENGINES[engine].line;
  const run = spawnSync(command, [...first, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (isChecked && run.status !== 0)
    throw new Error(`${engine} ${args.join(' ')}: exit ${run.status}\n${run.stderr}`);
  return run.stdout.trim();
}

function timed(work) {
  const before = performance.now();
  work();
  return (performance.now() - before) / 1000;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

function repeat(work) {
  work(0);
  return median(Array.from({ length: rounds }, (_, i) => work(i + 1)));
}

function readOf(path, read) {
  try {
    return read(path);
  } catch {
    return '';
  }
}

function helpersOf(engine) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({
      pid,
      comm: readOf(`/proc/${pid}/comm`, (path) => readFileSync(path, 'utf8').trim()),
      exe: readOf(`/proc/${pid}/exe`, readlinkSync),
    }))
    .filter(ENGINES[engine].isHelper)
    .map(({ pid }) => pid);
}

function pssKib(pid) {
  const text = readOf(`/proc/${pid}/smaps_rollup`, (path) => readFileSync(path, 'utf8'));
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
}

const mountCount = () => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length;

const FIGURES = {
  'run --rm true, seconds': (engine) =>
    repeat(() => timed(() => call(engine, ['run', '--rm', ...NONE, IMAGE, 'true']))),
  'run -d to the id, seconds': (engine) =>
    repeat((round) => {
      const name = `detached-${round}`;
      const seconds = timed(() =>
        call(engine, ['run', '-d', '--name', name, ...NONE, IMAGE, 'sleep', '10000']),
      );
      call(engine, ['rm', '-f', name]);
      return seconds;
    }),
  'logs --tail 10 of a long log, seconds'(engine) {
    const lines = (Number(options['log-mib']) * 2 ** 20) / 64;
    const script = `yes ${'x'.repeat(63)} | head -n ${lines}`;
    call(engine, ['run', '-d', '--name', 'writer', ...NONE, IMAGE, 'sh', '-c', script]);
    call(engine, ['wait', 'writer']);
    const seconds = repeat(() => timed(() => call(engine, ['logs', '--tail', '10', 'writer'])));
    call(engine, ['rm', '-f', 'writer']);
    return seconds;
  },
};

/** With many containers: all of them are started, and removed. */
function figuresOfMany(engine) {
  const before = { helpers: new Set(helpersOf(engine)), mounts: mountCount() };
  const names = Array.from({ length: count }, (_, i) => `many-${i}`);
  const started = timed(() => {
    for (const name of names) call(engine, ['run', '-d', '--name', name, ...NONE, IMAGE, 'sleep', '10000']);
  });
  const added = helpersOf(engine).filter((pid) => !before.helpers.has(pid));
  const memory = added.reduce((sum, pid) => sum + pssKib(pid), 0);
  const ps = repeat(() => timed(() => call(engine, ['ps'])));
  const exec = repeat(() => timed(() => call(engine, ['exec', names[0], 'true'])));
  const stopped = timed(() => call(engine, ['stop', '-t', '0', ...names]));
  const removed = timed(() => call(engine, ['rm', ...names]));
  spawnSync('sleep', ['1']);
  const left = helpersOf(engine).filter((pid) => added.includes(pid)).length;
  return {
    [`start of ${count}, seconds`]: started,
    [`memory beside ${count} sleeps, KiB`]: memory,
    [`ps of ${count}, seconds`]: ps,
    'exec true, seconds': exec,
    [`stop of ${count}, seconds`]: stopped,
    [`rm of ${count}, seconds`]: removed,
    'processes left': left,
    'mounts left': mountCount() - before.mounts,
  };
}

function prepare(engines) {
  const context = join(scratch, 'context');
  mkdirSync(context);
  copyFileSync(options.busybox, join(context, 'busybox'));
  const install = 'RUN ["/bin/busybox","--install","-s","/bin"]';
  writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nCOPY busybox /bin/busybox\n${install}\n`);
  call('tsbuild', ['build', '-q', '-t', IMAGE, context]);
  const archive = join(scratch, 'image.tar');
  call('tsbuild', ['save', '-o', archive, IMAGE]);
  for (const engine of engines.filter((one) => one !== 'tsbuild')) call(engine, ['load', '-i', archive]);
}

const round = (number) => Number(number.toPrecision(3));

function print(figures) {
  for (const name of Object.keys(figures.values().next().value))
    for (const [engine, values] of figures) {
      const ratio = figures.get('tsbuild')?.[name] / values[name];
      const compared =
        engine === 'tsbuild' || !Number.isFinite(ratio) ? {} : { 'tsbuild/engine': round(ratio) };
      console.log(JSON.stringify({ figure: name, engine, value: round(values[name]), ...compared }));
    }
}

function canRun(engine) {
  try {
    call(engine, ['run', '--rm', ...NONE, IMAGE, 'true']);
    return true;
  } catch (error) {
    console.error(`left out: ${error.message}`);
    return false;
  }
}

const isThere = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const isRoot = process.getuid() === 0;
const engines = options.engines
  .split(',')
  .filter((name) => name === 'tsbuild' || (isRoot && isThere(name === 'docker' ? 'dockerd' : name)));
let stopDocker;
try {
  if (engines.includes('docker')) stopDocker = await startDocker(scratch, { name: 'root' });
  prepare(engines);
  const figures = new Map();
  for (const engine of engines) {
    if (!canRun(engine)) continue;
    const single = Object.entries(FIGURES).map(([name, work]) => [name, work(engine)]);
    figures.set(engine, { ...Object.fromEntries(single), ...figuresOfMany(engine) });
  }
  print(figures);
} finally {
  const names = engines.map((engine) => [engine, call(engine, ['ps', '-aq'], false)]);
  for (const [engine, ids] of names) if (ids) call(engine, ['rm', '-f', ...ids.split('\n')], false);
  await stopDocker?.();
  removeTree(scratch);
}
