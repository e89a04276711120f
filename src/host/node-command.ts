// How to start a script with Node. Every build waits for the start of a worker, so it must be fast.

/**
 * Many threads of V8 are of no use to processes that mostly wait for the kernel (0 would be a number by the
 * processors). This is an option of Node's: with one of V8's own, such as --single-threaded, V8 would refuse the
 * compiled form of Node's built-in modules, which takes 20 ms more.
 */
const FEW_V8_THREADS = '--v8-pool-size=1';

/** The command line that runs a script by the Node that runs this one. */
export function nodeCommand(script: string, args: readonly string[] = []): readonly string[] {
  return [process.execPath, FEW_V8_THREADS, script, ...args];
}
