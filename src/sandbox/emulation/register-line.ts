// What is written to `register` of a binfmt_misc file system (Documentation/admin-guide/binfmt-misc.rst of Linux).
// Pure.
import { invariant } from '../../core/errors.js';
import type { Architecture, Pattern } from './architectures.js';
import { patternOf } from './architectures.js';

/** A program that executes programs of another architecture, alone: it needs no library. */
export interface Emulator {
  /** As images name it. */
  readonly architecture: string;
  /** Absolute, without links. */
  readonly path: string;
  /** It takes the name that the program was called by, `argv[0]`, when the kernel passes it on. */
  readonly takesName: boolean;
}

/** The kernel reads no longer line. */
const MAX_LINE = 1920;

/**
 * `F`: the kernel opens the emulator now, so no root file system needs to have it. `C`: set-id bits of a program count,
 * as natively. `P`: the program gets its `argv[0]`.
 */
function flagsOf({ takesName }: Emulator): string {
  return takesName ? 'PCF' : 'CF';
}

/** The entry gets the name that QEMU has for the architecture. Undefined when the path is too long for the kernel. */
export function registerLine(emulator: Emulator, architecture: Architecture): Buffer | undefined {
  const { path } = emulator;
  // The first character of the line separates its fields.
  const separator = [':', '|', ';', ',', '\x01'].find((candidate) => !path.includes(candidate));
  if (separator === undefined) return undefined;
  const { magic, mask }: Pattern = patternOf(architecture);
  const fields = ['', architecture.qemu, 'M', '', escaped(magic), escaped(mask), path, flagsOf(emulator)];
  invariant(!path.includes('\0'), 'a path has no NUL');
  const line = Buffer.from(fields.join(separator));
  return line.length < MAX_LINE ? line : undefined;
}

/** Bytes as the kernel reads them in a text that must have no NUL. */
function escaped(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
