// Runs the inputs of one target in a process of their own, ends it when it hangs, and goes on behind an input that it did not survive.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A process that says nothing for so long hangs: a busy machine may stop it for a while. */
const HANG_MS = 30_000;
const HEAP_MIB = 768;

/**
 * @param job { name, seed, first, count, deadline } or { name, file }
 * @param report gets { number, verdict } or { number, failure, bytes? (base64) }; failures are counted by the caller
 */
export async function watchInputs(job, report) {
  for (let first = job.first ?? 0; first !== undefined;) first = await runOnce({ ...job, first }, report);
}

/** The number to go on with, undefined at the end. */
function runOnce(job, report) {
  return new Promise((resolve) => {
    const script = join(import.meta.dirname, 'run-inputs.mjs');
    const args = [`--max-old-space-size=${HEAP_MIB}`, script, JSON.stringify(job)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [heard, isHanging, isDone, errors] = [performance.now(), false, false, ''];
    let last = { number: job.first };
    let candidate;
    const timer = setInterval(() => {
      isHanging = performance.now() - heard > HANG_MS;
      if (isHanging) child.kill('SIGKILL');
    }, 500);
    child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-4000)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      heard = performance.now();
      const message = JSON.parse(line);
      if (message.isDone) isDone = true;
      else last = message;
      if (message.candidate) candidate = message;
      if (message.failure || message.verdict) candidate = undefined;
      if (message.failure || message.verdict) report(message);
    });
    child.on('close', (code, signal) => {
      clearInterval(timer);
      if (isDone) return resolve(undefined);
      const end = isHanging ? 'hangs' : `ended the process (${signal ?? code}): ${errors.trim()}`;
      report({ number: last.number, failure: candidate?.candidate ?? end, bytes: candidate?.bytes });
      resolve(job.file === undefined ? last.number + 1 : undefined);
    });
  });
}
