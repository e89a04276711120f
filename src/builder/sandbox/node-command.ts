// How the processes of the sandbox start Node: every RUN waits for a start of it, so nothing is started that they do not use.

/** Threads of V8 for compiling and collecting garbage: a third of a start, and of no use to processes that mostly wait for the kernel. */
const WITHOUT_V8_THREADS = ['--single-threaded', '--v8-pool-size=0'];

/**
 * MiB of young objects before they are looked through. Diffs and layers make many that die at once: with less room half of the time goes
 * into copying those that happen to live.
 */
const YOUNG_GENERATION = ['--min-semi-space-size=16', '--max-semi-space-size=16'];

/** The command line that runs a script by the Node that runs this one. */
export function nodeCommand(script: string, args: readonly string[] = []): readonly string[] {
  return [process.execPath, ...WITHOUT_V8_THREADS, script, ...args];
}

/** The same for the worker, which also moves data. */
export function workerCommand(script: string): readonly string[] {
  return [process.execPath, ...WITHOUT_V8_THREADS, ...YOUNG_GENERATION, script];
}
