// The smallest file that the kernel executes: an ELF header, one program header that loads all of it, and the code
// (elf(5)). Pure.

/** e_machine of the supported machines. */
export const ELF_MACHINE = { x64: 62, arm64: 183 } as const;

/** Where the code lies in memory. */
export const CODE_ADDRESS = 0x400078;

const HEADER_BYTES = 120;
const LOAD_ADDRESS = BigInt(CODE_ADDRESS - HEADER_BYTES);

const EXECUTE = 1;
const WRITE = 2;
const READ = 4;

export interface ExecutableOptions {
  readonly machine: (typeof ELF_MACHINE)[keyof typeof ELF_MACHINE];
  /** Whether the code may change what lies beside it. */
  readonly isWritable?: boolean;
}

/** @param code machine code, and data behind it if there is any; it is executed from CODE_ADDRESS on */
export function staticExecutable(code: Buffer, { machine, isWritable = false }: ExecutableOptions): Buffer {
  const size = BigInt(HEADER_BYTES + code.length);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(CODE_ADDRESS), 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(READ | EXECUTE | (isWritable ? WRITE : 0), 68);
  for (const offset of [80, 88]) header.writeBigUInt64LE(LOAD_ADDRESS, offset);
  for (const offset of [96, 104]) header.writeBigUInt64LE(size, offset);
  // Pages of arm64 may have 64 KiB.
  header.writeBigUInt64LE(0x10000n, 112);
  return Buffer.concat([header, code]);
}
