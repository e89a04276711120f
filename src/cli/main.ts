// The entry of the command: wires the process to `run` and ends it with the status, after everything printed has left.
import { writeSync } from 'node:fs';
import { exitStatusOf, TsbuildError } from '../core/errors.js';
import { watchInterrupts } from './interrupts.js';
import { run } from './run.js';

const STDOUT = 1;

let stdoutError: NodeJS.ErrnoException | undefined;
let stdout: NodeJS.WriteStream | undefined;
let stderr: NodeJS.WriteStream | undefined;

/** Opening a standard stream loads the network modules of Node: a quiet build has use for neither. */
function openStdout(): NodeJS.WriteStream {
  if (stdout) return stdout;
  stdout = process.stdout;
  stdout.on('error', (error) => (stdoutError ??= error));
  return stdout;
}

function openStderr(): NodeJS.WriteStream {
  if (stderr) return stderr;
  stderr = process.stderr;
  // What cannot be printed there cannot be reported either, and must not end a build.
  stderr.on('error', () => undefined);
  return stderr;
}

/** As a stream to a file or a pipe does it: at once. The stream takes over what a slow reader has no room for. */
function print(text: string): void {
  if (stdout) return void stdout.write(text);
  const data = Buffer.from(text);
  let done = 0;
  try {
    while (done < data.length) done += writeSync(STDOUT, data, done);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
      stdoutError ??= error as NodeJS.ErrnoException;
      return;
    }
  }
  if (done < data.length) openStdout().write(data.subarray(done));
}

/**
 * A reader that went away is no failure of ours, as with any program in a pipe; anything else loses output and is
 * reported.
 */
function isReaderGone(): boolean {
  return stdoutError?.code === 'EPIPE' || stdoutError?.code === 'ERR_STREAM_DESTROYED';
}

async function reportLostOutput(): Promise<number> {
  const error = new TsbuildError('OUTPUT_FAILED', `cannot write to standard output: ${stdoutError?.message}`);
  const { renderError } = await import('./render/error.js');
  openStderr().write(renderError(error, { isDebug: false }));
  return exitStatusOf(error.code);
}

function flush(stream: NodeJS.WriteStream | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (!stream || stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}

function every(milliseconds: number, callback: () => void): () => void {
  const timer = setInterval(callback, milliseconds);
  return () => clearInterval(timer);
}

const interrupts = watchInterrupts(process, (status) => {
  openStderr().write('\ngot 3 signals, forcing shutdown\n');
  process.exit(status);
});

async function main(): Promise<void> {
  const status = await run(process.argv.slice(2), {
    // Opened only when it is read.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return openStdout();
    },
    get stderr() {
      return openStderr();
    },
    print,
    env: process.env,
    cwd: process.cwd(),
    arch: process.arch,
    // Node loads a module for a finer clock, which takes longer than the clock would gain.
    now: () => Date.now() / 1000,
    every,
    signal: interrupts.signal,
    letSignalsGo: interrupts.dispose,
    isStdoutGone: isReaderGone,
    loadApi: () => import('../index.js'),
  });
  await flush(stdout);
  const isOutputLost = status === 0 && stdoutError !== undefined && !isReaderGone();
  const finalStatus = isOutputLost ? await reportLostOutput() : status;
  await flush(stderr);
  process.exit(finalStatus === 0 ? 0 : (interrupts.exitStatus() ?? finalStatus));
}

void main();
