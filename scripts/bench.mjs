// Measures tsbuild beside the builders that are installed, and how its time and memory grow. Prints a line of JSON per case and tool.
//   npm run bench -- run [...]    the figures of containers instead: scripts/run/bench.mjs
//   npm run bench -- [--only noop,edit] [--runs 5] [--tools tsbuild,docker] [--work DIR] [--skip-scaling] [--skip-peers]
// Images: --base (default node:20-slim) and --small (default busybox:latest). The plot goes to docs/scaling.svg.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peerCases, SCALING } from './bench/cases.mjs';
import { measure } from './bench/measure.mjs';
import { plot } from './bench/plot.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
if (process.argv[2] === 'run') {
  const script = join(root, 'scripts/run/bench.mjs');
  const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(3)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    tools: { type: 'string' },
    runs: { type: 'string', default: '5' },
    work: { type: 'string', default: join(tmpdir(), 'tsbuild-bench') },
    base: { type: 'string', default: 'node:20-slim' },
    small: { type: 'string', default: 'busybox:latest' },
    'skip-scaling': { type: 'boolean', default: false },
    'skip-peers': { type: 'boolean', default: false },
  },
});
const runs = Number(options.runs);
process.env.TSBUILD_ROOT ??= join(options.work, 'store');

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const tsbuild = (tag, dir, noCache) =>
  `${quote(process.execPath)} ${quote(join(root, 'bin/tsbuild.js'))} build --progress quiet -t ${tag} ${noCache} ${quote(dir)}`;

/** Name to command line; a peer is there when it answers. */
const TOOLS = {
  tsbuild: { probe: 'true', line: tsbuild },
  docker: {
    probe: 'docker info',
    line: (tag, dir, noCache) =>
      `env DOCKER_BUILDKIT=1 docker build --network host -q -t ${tag} ${noCache} ${quote(dir)}`,
  },
  buildah: {
    probe: 'buildah version',
    line: (tag, dir, noCache) =>
      `buildah bud --isolation chroot --network host --layers -q -t ${tag} ${noCache} ${quote(dir)}`,
  },
};

function installedTools() {
  const wanted = options.tools?.split(',') ?? Object.keys(TOOLS);
  return wanted.filter(
    (name) => spawnSync('sh', ['-c', TOOLS[name].probe], { stdio: 'ignore' }).status === 0,
  );
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const round = (number) => Number(number.toPrecision(3));

/** The tools in turn, so that a change of the machine's speed meets all of them. The first run of each warms up and is not counted. */
async function compare({ name, make, isWarm = false, before }, tools) {
  const dir = make(join(options.work, name));
  const seconds = new Map(tools.map((tool) => [tool, []]));
  const command = (tool) => TOOLS[tool].line(`bench-${name}:1`, dir, isWarm ? '' : '--no-cache');
  for (let i = 0; i <= runs; i++) {
    for (const tool of tools) {
      before?.(dir, i);
      const run = await measure(command(tool));
      if (i > 0) seconds.get(tool).push(run.seconds);
    }
  }
  before?.(dir, runs + 1);
  const { mebibytes } = await measure(command('tsbuild'), { isSampled: true });
  const own = median(seconds.get('tsbuild'));
  for (const [tool, all] of seconds) {
    const row = { case: name, tool, seconds: round(median(all)), 'tsbuild/tool': round(own / median(all)) };
    console.log(JSON.stringify(tool === 'tsbuild' ? { ...row, peakMiB: Math.round(mebibytes) } : row));
  }
}

async function grow({ name, unit, sizes, make, isWarm = false }) {
  const points = [];
  for (const size of sizes) {
    const dir = join(options.work, `scaling-${name.replaceAll(/\W+/g, '-')}-${size}`);
    make(dir, size);
    const command = tsbuild('bench-scaling:1', dir, isWarm ? '' : '--no-cache');
    await measure(command);
    const all = [];
    for (let i = 0; i < Math.min(runs, 3); i++) all.push((await measure(command)).seconds);
    const { mebibytes } = await measure(command, { isSampled: true });
    const point = { size, seconds: round(median(all)), peakMiB: Math.round(mebibytes) };
    points.push(point);
    console.log(JSON.stringify({ case: name, unit, ...point }));
    rmSync(dir, { recursive: true });
  }
  return [
    { title: name, xLabel: unit, yLabel: 'seconds', points: points.map((p) => [p.size, p.seconds]) },
    { title: name, xLabel: unit, yLabel: 'MiB', points: points.map((p) => [p.size, p.peakMiB]) },
  ];
}

if (!options['skip-peers']) {
  const tools = installedTools();
  const only = options.only?.split(',');
  for (const each of peerCases(options)) if (!only || only.includes(each.name)) await compare(each, tools);
}
if (!options['skip-scaling']) {
  const panels = [];
  for (const each of SCALING) panels.push(...(await grow(each)));
  writeFileSync(join(root, 'docs/scaling.svg'), plot(panels));
}
