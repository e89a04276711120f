// A small interpreter of classic BPF (linux/filter.h) over struct seccomp_data: filters are judged by running them.
import type { Instruction } from '../../src/sandbox/seccomp/assemble-filter.js';

/** struct seccomp_data of a call. */
export function systemCall(arch: number, number: number, ...args: readonly (number | bigint)[]): Buffer {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(arch >>> 0, 4);
  args.forEach((value, i) => data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * i));
  return data;
}

/** What a program returns for a call (SECCOMP_RET_*). */
export function verdictOf(program: readonly Instruction[], data: Buffer): number {
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const { code, jt, jf, k } = program[at]!;
    const jump = (isTaken: boolean): void => void (at += isTaken ? jt : jf);
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x05) at += k;
    else if (code === 0x15) jump(accumulator === k >>> 0);
    else if (code === 0x25) jump(accumulator > k >>> 0);
    else if (code === 0x35) jump(accumulator >= k >>> 0);
    else if (code === 0x45) jump((accumulator & k) !== 0);
    else if (code === 0x06) return k;
    else throw new Error(`unknown instruction ${code}`);
  }
}
