// How the processes of the sandbox start Node: every RUN waits for a start of it.

/**
 * Threads of V8 are of no use to processes that mostly wait for the kernel. This is an option of Node's: with one of V8's own, such as
 * --single-threaded, V8 would refuse the compiled form of Node's built-in modules, which takes 20 ms more.
 */
const WITHOUT_V8_THREADS = '--v8-pool-size=0';

/** The command line that runs a script by the Node that runs this one. */
export function nodeCommand(script: string): readonly string[] {
  return [process.execPath, WITHOUT_V8_THREADS, script];
}
