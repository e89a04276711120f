// One command, measured: its time and the peak memory of all processes it starts, as far as /proc shows them.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const SAMPLE_MS = 20;

function statusOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'latin1');
    const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    return { pid, parent: field('PPid'), kibibytes: field('VmRSS') };
  } catch {
    // It ended between the two looks.
    return undefined;
  }
}

/** Resident memory of a process and its descendants, in KiB. */
function memoryBelow(root) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statusOf(name) ?? []);
  const members = new Set([root]);
  for (let size = 0; size !== members.size;) {
    size = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(Number(pid));
  }
  return all.reduce((sum, { pid, kibibytes }) => sum + (members.has(Number(pid)) ? kibibytes : 0), 0);
}

/**
 * Runs a shell line. With `isSampled` the memory is watched, which takes time of its own: such a run is not for its seconds.
 * @throws Error with the end of its output when it fails
 */
export function measure(line, { isSampled = false, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const child = spawn('sh', ['-c', `exec ${line}`], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let peak = 0;
    const timer = isSampled
      ? setInterval(() => (peak = Math.max(peak, memoryBelow(child.pid))), SAMPLE_MS)
      : undefined;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => (output = (output + data).slice(-2000)));
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      if (code === 0) resolve({ seconds, mebibytes: peak / 1024 });
      else reject(new Error(`exit ${code}: ${line}\n${output}`));
    });
  });
}
