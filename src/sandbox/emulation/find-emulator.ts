// Looks for QEMU's emulator of a user's programs: `qemu-aarch64-static` of Debian's qemu-user-static, or `qemu-aarch64`
// where that is the one file that needs no library. It need not be registered anywhere.
import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findProgram } from '../../host/find-program.js';
import type { Architecture } from './architectures.js';
import type { Emulator } from './register-line.js';

/** Since QEMU 6.0 it looks whether the kernel passes argv[0] on (AT_FLAGS_PRESERVE_ARGV0). */
const TAKES_NAME_SINCE = 6;

/** Names of the program, best first. */
export function emulatorNames({ qemu }: Architecture): readonly string[] {
  return [`qemu-${qemu}-static`, `qemu-${qemu}`];
}

/** In $PATH, else in the folders of the system. Undefined when there is none that needs no library. */
export async function findEmulator(architecture: Architecture): Promise<Emulator | undefined> {
  for (const name of emulatorNames(architecture)) {
    const found = findProgram(name);
    const file = found === undefined ? undefined : await readFile(found).catch(() => undefined);
    if (found === undefined || !file || !isStatic(file)) continue;
    return {
      architecture: architecture.name,
      path: realpathSync(found),
      takesName: (versionOf(file, architecture) ?? 0) >= TAKES_NAME_SINCE,
    };
  }
  return undefined;
}

const INTERPRETER = 3;

/** Whether a program of 64 bits, in the byte order of this machine, names no loader (PT_INTERP of elf(5)). Pure. */
export function isStatic(file: Buffer): boolean {
  if (file.length < 64 || file.toString('latin1', 0, 5) !== '\x7fELF\x02') return false;
  const start = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  const count = file.readUInt16LE(56);
  const types = Array.from({ length: count }, (_, i) => start + i * size);
  if (count === 0 || types.some((at) => at + 4 > file.length)) return false;
  return types.every((at) => file.readUInt32LE(at) !== INTERPRETER);
}

/** The first number of the version: what `--version` prints lies in the file as it is printed. Pure. */
export function versionOf(file: Buffer, { qemu }: Architecture): number | undefined {
  const words = `qemu-${qemu} version `;
  const at = file.indexOf(words);
  const digits =
    at < 0 ? null : /^\d+/.exec(file.toString('latin1', at + words.length, at + words.length + 4));
  return digits ? Number(digits[0]) : undefined;
}
