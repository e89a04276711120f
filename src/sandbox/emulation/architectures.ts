// The architectures of Linux images, and how the kernel knows their programs: by the first bytes of an ELF file
// (elf(5)). What distinguishes them is what the kernels of these machines look at (elf_check_arch) and what QEMU
// registers (scripts/qemu-binfmt-conf.sh). Pure.

export interface Architecture {
  /** As images name it (GOARCH). */
  readonly name: string;
  /** As QEMU names it: its program is `qemu-<this>`. */
  readonly qemu: string;
  readonly bits: 32 | 64;
  readonly isBigEndian: boolean;
  /** `e_machine`. */
  readonly machine: number;
  /** `e_flags` of its usual programs. */
  readonly flags: number;
  /** Bits of `e_flags` that its programs do not have: with them they are programs of another ABI. */
  readonly foreignFlags?: number;
}

/** Programs of MIPS with 32-bit addresses in 64-bit registers. */
const MIPS_N32 = 0x20;

const little = { isBigEndian: false, flags: 0 } as const;
const big = { isBigEndian: true, flags: 0 } as const;
const mips = { machine: 8, foreignFlags: MIPS_N32 } as const;

export const ARCHITECTURES: readonly Architecture[] = [
  { name: 'amd64', qemu: 'x86_64', bits: 64, machine: 62, ...little },
  { name: 'arm64', qemu: 'aarch64', bits: 64, machine: 183, ...little },
  { name: 'arm', qemu: 'arm', bits: 32, machine: 40, ...little, flags: 0x05000000 },
  { name: '386', qemu: 'i386', bits: 32, machine: 3, ...little },
  { name: 'riscv64', qemu: 'riscv64', bits: 64, machine: 243, ...little },
  { name: 'ppc64le', qemu: 'ppc64le', bits: 64, machine: 21, ...little, flags: 2 },
  { name: 'ppc64', qemu: 'ppc64', bits: 64, machine: 21, ...big, flags: 2 },
  { name: 's390x', qemu: 's390x', bits: 64, machine: 22, ...big },
  { name: 'loong64', qemu: 'loongarch64', bits: 64, machine: 258, ...little, flags: 0x43 },
  { name: 'mips64le', qemu: 'mips64el', bits: 64, ...mips, ...little, flags: 0x60000000 },
  { name: 'mips64', qemu: 'mips64', bits: 64, ...mips, ...big, flags: 0x60000000 },
  { name: 'mipsle', qemu: 'mipsel', bits: 32, ...mips, ...little, flags: 0x50001000 },
  { name: 'mips', qemu: 'mips', bits: 32, ...mips, ...big, flags: 0x50001000 },
];

/** Architectures that a processor may execute beside its own: whether it does is found by trying. */
const RELATED: Readonly<Record<string, string>> = { amd64: '386', arm64: 'arm' };

export function architectureOf(name: string): Architecture | undefined {
  return ARCHITECTURES.find((architecture) => architecture.name === name);
}

export function isRelated(machine: string, architecture: string): boolean {
  return RELATED[machine] === architecture;
}

/** Bytes of the header that are looked at: to the end of `e_machine`, or of `e_flags`. */
const MACHINE_END = 20;
const FLAGS_END = { 32: 40, 64: 52 } as const;
const FLAGS_AT = { 32: 36, 64: 48 } as const;

const EXECUTABLE = 2;
const SHARED_OBJECT = 3;

/** The start of an ELF header: a program, at a fixed address or not. */
export function headerOf(
  { bits, isBigEndian, machine, flags }: Architecture,
  { isMovable = false }: { readonly isMovable?: boolean } = {},
): Buffer {
  const header = Buffer.alloc(FLAGS_END[bits]);
  header.write('\x7fELF', 'latin1');
  header.set([bits === 64 ? 2 : 1, isBigEndian ? 2 : 1, 1], 4);
  const type = isMovable ? SHARED_OBJECT : EXECUTABLE;
  if (isBigEndian) {
    header.writeUInt16BE(type, 16);
    header.writeUInt16BE(machine, 18);
    header.writeUInt32BE(1, 20);
    header.writeUInt32BE(flags, FLAGS_AT[bits]);
  } else {
    header.writeUInt16LE(type, 16);
    header.writeUInt16LE(machine, 18);
    header.writeUInt32LE(1, 20);
    header.writeUInt32LE(flags, FLAGS_AT[bits]);
  }
  return header;
}

export interface Pattern {
  readonly magic: Buffer;
  /** Bits of a file that must be those of `magic`; as long as it. */
  readonly mask: Buffer;
}

/** What the kernel compares a file with. The system that a program was made for may be any, as natively. */
export function patternOf(architecture: Architecture): Pattern {
  const { bits, isBigEndian, foreignFlags } = architecture;
  const length = foreignFlags === undefined ? MACHINE_END : FLAGS_END[bits];
  const mask = Buffer.alloc(length);
  mask.fill(0xff, 0, 7);
  mask.fill(0xff, 16, MACHINE_END);
  // The type is 2 or 3.
  mask[isBigEndian ? 17 : 16] = 0xfe;
  if (foreignFlags !== undefined) {
    if (isBigEndian) mask.writeUInt32BE(foreignFlags, FLAGS_AT[bits]);
    else mask.writeUInt32LE(foreignFlags, FLAGS_AT[bits]);
  }
  const header = headerOf(architecture).subarray(0, length);
  return { magic: Buffer.from(header.map((byte, i) => byte & mask[i]!)), mask };
}

/** @param offset where in the file the pattern is looked for */
export function matches({ magic, mask }: Pattern, file: Uint8Array, offset = 0): boolean {
  if (file.length < offset + magic.length) return false;
  return magic.every((byte, i) => ((byte ^ file[offset + i]!) & (mask[i] ?? 0xff)) === 0);
}

/** The name of the architecture of a program; undefined for a file that is none, or of an unknown one. */
export function architectureOfProgram(file: Uint8Array): string | undefined {
  return ARCHITECTURES.find((architecture) => matches(patternOf(architecture), file))?.name;
}
