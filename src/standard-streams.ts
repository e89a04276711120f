// The streams of a caller as Node's, which the public types do not name (validate-arguments.ts has looked at them).
import type { BuildOptions } from './build-options.js';

export function inputOf({ stdin }: BuildOptions): NodeJS.ReadableStream | undefined {
  return stdin as NodeJS.ReadableStream | undefined;
}

export function outputOf({ stdout }: BuildOptions): NodeJS.WritableStream {
  return (stdout as NodeJS.WritableStream | undefined) ?? process.stdout;
}
