// The entry of the command: wires the process to `run` and ends it with the status, after everything printed has left.
import { exitStatusOf, TsbuildError } from '../core/errors.js';
import { watchInterrupts } from './interrupts.js';
import { run } from './run.js';

let stdoutError: NodeJS.ErrnoException | undefined;

/** A reader that went away is no failure of ours, as with any program in a pipe; anything else loses output and is reported. */
function isReaderGone(): boolean {
  return stdoutError?.code === 'EPIPE' || stdoutError?.code === 'ERR_STREAM_DESTROYED';
}

async function reportLostOutput(): Promise<number> {
  const error = new TsbuildError('OUTPUT_FAILED', `cannot write to standard output: ${stdoutError?.message}`);
  const { renderError } = await import('./render/error.js');
  process.stderr.write(renderError(error, { isDebug: false }));
  return exitStatusOf(error.code);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}

function every(milliseconds: number, callback: () => void): () => void {
  const timer = setInterval(callback, milliseconds);
  return () => clearInterval(timer);
}

process.stdout.on('error', (error) => (stdoutError ??= error));
// What cannot be printed there cannot be reported either, and must not end a build.
process.stderr.on('error', () => undefined);
const interrupts = watchInterrupts(process, (status) => {
  process.stderr.write('\ngot 3 signals, forcing shutdown\n');
  process.exit(status);
});

async function main(): Promise<void> {
  const status = await run(process.argv.slice(2), {
    // Opened only when it is read.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    arch: process.arch,
    now: () => (performance.timeOrigin + performance.now()) / 1000,
    every,
    signal: interrupts.signal,
    isStdoutGone: isReaderGone,
    loadApi: () => import('../index.js'),
  });
  await flush(process.stdout);
  const isOutputLost = status === 0 && stdoutError !== undefined && !isReaderGone();
  const finalStatus = isOutputLost ? await reportLostOutput() : status;
  await flush(process.stderr);
  process.exit(finalStatus === 0 ? 0 : (interrupts.exitStatus() ?? finalStatus));
}

void main();
