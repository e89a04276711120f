// A program that waits and executes another one, as machine code: x64.s and arm64.s, assembled. A process that has to
// wait for long becomes it, since Node needs forty megabytes for that, and this four kilobytes. Data.
import { ELF_MACHINE, staticExecutable } from '../static-executable.js';

export const LATER_CODE = {
  x64: `
    488d3d390000004889feb8230000000f054883f8fc74e9488b0c24488d742410488b3e488d54cc10b83b0000000f05bf7f000000b8e70000
    000f050f1f440000
  `,
  arm64: `
    00020010e10300aaa80c80d2010000d41f1000b160ffff54e30340f9e1430091200040f9220c038ba81b80d2010000d4e00f80d2c80b80d2
    010000d41f2003d5
  `,
} as const;

/** It executes argv[1] with argv from there on, when the time has passed. */
export function laterProgram(machine: keyof typeof LATER_CODE, ms: number): Buffer {
  const code = Buffer.from(LATER_CODE[machine].replaceAll(/\s/g, ''), 'hex');
  const time = Buffer.alloc(16);
  time.writeBigInt64LE(BigInt(Math.floor(ms / 1000)), 0);
  time.writeBigInt64LE(BigInt(Math.floor(ms % 1000) * 1_000_000), 8);
  return staticExecutable(Buffer.concat([code, time]), { machine: ELF_MACHINE[machine], isWritable: true });
}
