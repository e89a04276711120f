// Puts a program's path, arguments and environment into the memory of a launcher, which may execute it later.
import type { Launcher } from '../launcher/start-launcher.js';
import type { PlacedProgram } from './monitor-message.js';

export interface Program {
  /** Absolute. */
  readonly path: string;
  readonly argv: readonly string[];
  /** `NAME=value` */
  readonly env: readonly string[];
}

/** Where the texts of a program lie in one block of bytes. */
export interface ProgramBlock {
  readonly bytes: Buffer;
  readonly argv: readonly number[];
  readonly env: readonly number[];
}

/** Its path is at the beginning. Pure. */
export function programBlock({ path, argv, env }: Program): ProgramBlock {
  const texts = [path, ...argv, ...env].map((text) => Buffer.from(`${text}\0`));
  const offsets: number[] = [];
  let at = 0;
  for (const text of texts) {
    offsets.push(at);
    at += text.length;
  }
  return {
    bytes: Buffer.concat(texts),
    argv: offsets.slice(1, 1 + argv.length),
    env: offsets.slice(1 + argv.length),
  };
}

export function placeProgram(launcher: Pick<Launcher, 'place'>, program: Program): PlacedProgram {
  const { bytes, argv, env } = programBlock(program);
  const path = launcher.place(bytes);
  const pointers = (offsets: readonly number[]): bigint => {
    const list = BigUint64Array.from([...offsets.map((offset) => path + BigInt(offset)), 0n]);
    return launcher.place(new Uint8Array(list.buffer));
  };
  return { path, argv: pointers(argv), env: pointers(env) };
}
