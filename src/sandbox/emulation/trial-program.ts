// The smallest program of each architecture: it ends at once with 0. Executing it tells whether a machine can. Pure.
import { headerOf, type Architecture } from './architectures.js';

/** exit(0), as the processor reads it. */
const CODE: Readonly<Record<string, string>> = {
  amd64: '31ffb8e70000000f05',
  '386': '31dbb801000000cd80',
  arm64: '000080d2c80b80d2010000d4',
  arm: '0000a0e30170a0e3000000ef',
  riscv64: '130500009308d00573000000',
  ppc64le: '010000380000603802000044',
  ppc64: '380000013860000044000002',
  s390x: 'a72900000a01',
  loong64: '040015000b74810300002b00',
  mips64le: 'c2130224252000000c000000',
  mips64: '240213c2000020250000000c',
  mipsle: 'a10f0224252000000c000000',
  mips: '24020fa1000020250000000c',
};

const LOAD_ADDRESS = 0x400000;
/** Pages of some machines have 64 KiB. */
const ALIGNMENT = 0x10000;
const LOADED = 1;
const READ_AND_EXECUTE = 5;

/** An ELF file with one segment, which is all of it (elf(5)). */
export function trialProgram(architecture: Architecture): Buffer {
  const code = Buffer.from(CODE[architecture.name] ?? '', 'hex');
  return architecture.bits === 64 ? program64(architecture, code) : program32(architecture, code);
}

const HEADER_64 = 64;
const SEGMENT_64 = 56;

function program64(architecture: Architecture, code: Buffer): Buffer {
  const start = HEADER_64 + SEGMENT_64;
  const file = Buffer.alloc(start + code.length);
  headerOf(architecture).copy(file);
  const write = writerOf(architecture, file);
  write.long(24, LOAD_ADDRESS + start);
  write.long(32, HEADER_64);
  [HEADER_64, SEGMENT_64, 1].forEach((value, i) => write.short(52 + 2 * i, value));
  write.word(64, LOADED);
  write.word(68, READ_AND_EXECUTE);
  [0, LOAD_ADDRESS, LOAD_ADDRESS, file.length, file.length, ALIGNMENT].forEach((value, i) =>
    write.long(72 + 8 * i, value),
  );
  code.copy(file, start);
  return file;
}

const HEADER_32 = 52;
const SEGMENT_32 = 32;

function program32(architecture: Architecture, code: Buffer): Buffer {
  const start = HEADER_32 + SEGMENT_32;
  const file = Buffer.alloc(start + code.length);
  headerOf(architecture).copy(file);
  const write = writerOf(architecture, file);
  write.word(24, LOAD_ADDRESS + start);
  write.word(28, HEADER_32);
  [HEADER_32, SEGMENT_32, 1].forEach((value, i) => write.short(40 + 2 * i, value));
  const segment = [
    LOADED,
    0,
    LOAD_ADDRESS,
    LOAD_ADDRESS,
    file.length,
    file.length,
    READ_AND_EXECUTE,
    ALIGNMENT,
  ];
  segment.forEach((value, i) => write.word(HEADER_32 + 4 * i, value));
  code.copy(file, start);
  return file;
}

interface Writer {
  short(at: number, value: number): void;
  word(at: number, value: number): void;
  long(at: number, value: number): void;
}

function writerOf({ isBigEndian }: Architecture, file: Buffer): Writer {
  if (isBigEndian)
    return {
      short: (at, value) => void file.writeUInt16BE(value, at),
      word: (at, value) => void file.writeUInt32BE(value, at),
      long: (at, value) => void file.writeBigUInt64BE(BigInt(value), at),
    };
  return {
    short: (at, value) => void file.writeUInt16LE(value, at),
    word: (at, value) => void file.writeUInt32LE(value, at),
    long: (at, value) => void file.writeBigUInt64LE(BigInt(value), at),
  };
}
