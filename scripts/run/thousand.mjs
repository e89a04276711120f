// Starts a thousand containers that sleep, lists them, stops and removes them, and looks what is left of them: processes,
// namespaces, mounts, files. A line of JSON for each figure; fails when something is left.
//   node scripts/run/thousand.mjs [--containers 1000] [--side-by-side 4] [--busybox PATH]
import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { removeTree } from '../remove-tree.mjs';

const { values: options } = parseArgs({
  options: {
    containers: { type: 'string', default: '1000' },
    'side-by-side': { type: 'string', default: '4' },
    busybox: { type: 'string', default: '/bin/busybox' },
  },
});
const count = Number(options.containers);
const program = fileURLToPath(new URL('../../bin/tsbuild.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-thousand-'));
const store = join(scratch, 'store');
const env = { ...process.env, TSBUILD_ROOT: store };
const execute = promisify(execFile);
const tsbuild = (...args) => execute(process.execPath, [program, ...args], { env, maxBuffer: 1 << 28 });

/** Seconds. */
async function timed(work) {
  const before = performance.now();
  await work();
  return Number(((performance.now() - before) / 1000).toFixed(2));
}

function tell(what, figures) {
  console.log(JSON.stringify({ what, ...figures }));
}

function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    // The process has ended, or belongs to somebody else.
    return '';
  }
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** What of the machine this store's containers use: processes that are launchers or know the store, by their namespaces. */
function used() {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const ours = processes.filter((pid) => textOf(`/proc/${pid}/mountinfo`).includes(scratch));
  const kinds = ['user', 'mnt', 'pid', 'net'];
  const own = new Set(kinds.map((kind) => linkOf(`/proc/self/ns/${kind}`)));
  const namespaces = new Set(ours.flatMap((pid) => kinds.map((kind) => linkOf(`/proc/${pid}/ns/${kind}`))));
  const descriptors = ours.map((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).length;
    } catch {
      return 0;
    }
  });
  return {
    processes: ours.length,
    namespaces: [...namespaces].filter((one) => one !== '' && !own.has(one)).length,
    descriptors: descriptors.reduce((sum, one) => sum + one, 0),
    mountsOfHost: textOf('/proc/self/mountinfo')
      .split('\n')
      .filter((line) => line.includes(scratch)).length,
  };
}

async function sideBySide(work) {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Number(options['side-by-side']) }, lane));
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 2000));

try {
  const context = join(scratch, 'context');
  mkdirSync(context);
  copyFileSync(options.busybox, join(context, 'busybox'));
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY busybox /bin/sleep\n');
  await tsbuild('-q', '-t', 'sleep:1', context);
  const parts = [];
  const start = (index) =>
    tsbuild('run', '-d', '--network', 'none', '--name', `c${index}`, 'sleep:1', '/bin/sleep', '100000');
  const started = await timed(() =>
    sideBySide(async (index) => {
      const seconds = await timed(() => start(index));
      parts[Math.floor((10 * index) / count)] ??= seconds;
    }),
  );
  tell('started', { containers: count, seconds: started, eachTenth: parts, ...used() });
  let rows = 0;
  const listed = await timed(async () => {
    const { stdout } = await tsbuild('ps', '-q');
    rows = stdout.split('\n').filter(Boolean).length;
  });
  tell('ps', { rows, seconds: listed });
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  tell('stop', { seconds: await timed(() => tsbuild('stop', '-t', '0', ...names)) });
  tell('rm', { seconds: await timed(() => tsbuild('rm', '-v', ...names)) });
  await settled();
  const left = { ...used(), folders: readdirSync(join(store, 'local/v1/containers/c')).length };
  tell('left', left);
  if (rows !== count || Object.values(left).some((number) => number > 0)) process.exitCode = 1;
} finally {
  await tsbuild(
    'rm',
    '-f',
    ...execFileSync(process.execPath, [program, 'ps', '-aq'], { env, encoding: 'utf8' })
      .split('\n')
      .filter(Boolean),
  ).catch(() => undefined);
  await removeTree(scratch);
}
