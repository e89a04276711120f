// Runs one stage of CI and counts what it says about itself: ava's marks before each test, a suite's `12 passed, 3 failed`.
// A stage that counts nothing is one that passed or failed as a whole, and one that ends badly has at least one failure.
import { spawn } from 'node:child_process';

const TIME_LIMIT_MS = 22 * 60_000;

function countOf(output, pattern) {
  return [...output.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** What ava and the conformance suites print, on lines of their own. */
function countsOf(output) {
  const [, suitePassed, suiteFailed] = /^(\d+) passed, (\d+) failed/m.exec(output) ?? [];
  if (suitePassed !== undefined) return { passed: Number(suitePassed), failed: Number(suiteFailed) };
  const crashes = /^\s*(\d+) (?:uncaught exceptions?|unhandled rejections?|tests? remained pending.*)$/gm;
  return {
    passed: [...output.matchAll(/^\s*✔ /gm)].length,
    failed: countOf(output, /^\s*(\d+) tests? failed/gm) + countOf(output, crashes),
  };
}

/** With a threshold only what is missing to it counts as failed. */
function judge(output, code, threshold) {
  const { passed, failed } = countsOf(output);
  if (threshold !== undefined) return { passed, failed: Math.max(0, threshold - passed) };
  if (passed + failed === 0) return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  return { passed, failed: code === 0 ? failed : Math.max(1, failed) };
}

function runCommand({ command, cwd, env, user }) {
  return new Promise((resolve) => {
    const [program, ...args] = command;
    const identity = user ? { uid: user.uid, gid: user.gid } : {};
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...identity,
    });
    // What a stage started must not outlive its time: the whole group ends.
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), TIME_LIMIT_MS);
    const output = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output.push(chunk);
        process.stdout.write(chunk);
      });
    }
    child.on('error', (error) => resolve({ code: 127, output: String(error) }));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 128, output: Buffer.concat(output).toString() });
    });
  });
}

/**
 * @param stage { name, command, cwd, env, user?, threshold?, before? }
 * @returns { name, passed, failed, seconds }
 */
export async function runStage(stage) {
  console.log(`\n=== ${stage.name}`);
  const started = performance.now();
  stage.before?.();
  const { code, output } = await runCommand(stage);
  const counts = judge(output, code, stage.threshold);
  const seconds = (performance.now() - started) / 1000;
  const limit = stage.threshold === undefined ? '' : `, at least ${stage.threshold} wanted`;
  console.log(
    `--- ${stage.name}: ${counts.passed} passed, ${counts.failed} failed${limit}, ${seconds.toFixed(0)} s`,
  );
  return { name: stage.name, ...counts, seconds };
}
