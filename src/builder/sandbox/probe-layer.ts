// The smallest image that a RUN can be tried on: one program that ends at once, for the instruction sets that RUN is supported on.
import { fromUtf8 } from '../../core/bytes.js';
import type { LayerEntry } from '../../layer/entry.js';

export const PROBE_PATH = '/probe';

/** exit_group(0). */
const PROGRAMS = {
  x64: { machine: 62, code: '31ffb8e70000000f05' },
  arm64: { machine: 183, code: '000080d2c80b80d2010000d4' },
} as const;

export type ProbeArchitecture = keyof typeof PROGRAMS;

/** The entries of a layer with nothing but a static program at PROBE_PATH, which exits with 0. Pure. */
export function probeEntries(architecture: ProbeArchitecture): LayerEntry[] {
  const data = executable(PROGRAMS[architecture]);
  return [
    {
      kind: 'node',
      path: fromUtf8(PROBE_PATH.slice(1)),
      node: {
        type: 'file',
        mode: 0o755,
        uid: 0,
        gid: 0,
        size: data.length,
        mtime: 0,
        mtimeNsec: 0,
        content: { kind: 'bytes', data },
      },
    },
  ];
}

const LOAD_ADDRESS = 0x400000n;
const HEADER_BYTES = 120;

/** An ELF file with one program header that loads all of it (elf(5)). */
function executable({ machine, code }: { readonly machine: number; readonly code: string }): Buffer {
  const instructions = Buffer.from(code, 'hex');
  const size = BigInt(HEADER_BYTES + instructions.length);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(LOAD_ADDRESS + BigInt(HEADER_BYTES), 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(5, 68);
  for (const offset of [80, 88]) header.writeBigUInt64LE(LOAD_ADDRESS, offset);
  for (const offset of [96, 104]) header.writeBigUInt64LE(size, offset);
  // Pages of arm64 may have 64 KiB.
  header.writeBigUInt64LE(0x10000n, 112);
  return Buffer.concat([header, instructions]);
}
