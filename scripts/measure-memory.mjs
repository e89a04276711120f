// node scripts/measure-memory.mjs [MEGABYTES=1024]: peak memory (VmHWM) of every process of a build that copies one large file and
// then runs a command. Fails when front and worker together are above the limit.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostShellOptions } from './host-shell.mjs';
import { descendantsOf, readProc } from './process-traces.mjs';
import { removeTree } from './remove-tree.mjs';

const LIMIT_MB = 250;
const megabytes = Number(process.argv[2] ?? 1024);
const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'tsbuild-memory-'));
const context = join(scratch, 'context');

function writeContext() {
  mkdirSync(context);
  const file = openSync(join(context, 'big'), 'w');
  const block = randomBytes(1 << 20);
  for (let i = 0; i < megabytes; i++) {
    block.writeUInt32LE(i, 0);
    writeSync(file, block);
  }
  closeSync(file);
  const hello = readFileSync(join(root, 'fixtures', 'hello', 'Dockerfile'), 'utf8');
  const shell = hello.slice(0, hello.indexOf('COPY greeting.txt'));
  writeFileSync(join(context, 'Dockerfile'), `${shell}COPY big /big\nRUN echo done > /done\n`);
}

const peaks = new Map();

function sample(pid) {
  for (const process of [{ pid, command: 'front' }, ...descendantsOf(pid)]) {
    const peak = Number(/^VmHWM:\s+(\d+) kB/m.exec(readProc(process.pid, 'status'))?.[1] ?? 0) / 1024;
    const { peak: known = 0 } = peaks.get(process.pid) ?? {};
    if (peak > known) peaks.set(process.pid, { peak, command: process.command });
  }
}

try {
  writeContext();
  const started = performance.now();
  const args = ['build', '--progress', 'plain', ...hostShellOptions(), context];
  const child = spawn(process.execPath, [join(root, 'bin', 'tsbuild.js'), ...args], {
    env: { PATH: process.env.PATH, HOME: scratch, TSBUILD_ROOT: join(scratch, 'store') },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const timer = setInterval(() => sample(child.pid), 20);
  const code = await new Promise((resolve) => {
    child.on('exit', resolve);
  });
  clearInterval(timer);
  if (code !== 0) throw new Error(`the build exited ${code}`);
  const seconds = (performance.now() - started) / 1000;
  for (const { peak, command } of peaks.values())
    console.log(`${peak.toFixed(0).padStart(6)} MB  ${command.slice(0, 120)}`);
  // Launchers come and go with the steps, and their pages are mostly those of the node binary that all share.
  const ours = [...peaks.values()].filter(
    ({ command }) => command === 'front' || /node \S+\/worker\/main\.js/.test(command),
  );
  const sum = ours.reduce((total, { peak }) => total + peak, 0);
  console.log(
    `${sum.toFixed(0).padStart(6)} MB  front and worker together for a COPY of ${megabytes} MB, in ${seconds.toFixed(1)} s`,
  );
  process.exitCode = sum > LIMIT_MB ? 1 : 0;
} finally {
  removeTree(scratch);
}
