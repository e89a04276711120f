// Undoes the branch filters of xz (BCJ): in code they made relative addresses of calls absolute, so that equal targets
// look equal. The .xz File Format 1.2.1, section 5.3.2, which names them; what each does is matched from liblzma's
// src/liblzma/simple.
import type { BranchDecoder } from './branch-decoder.js';
import { decodeRiscv } from './branch-filter-riscv.js';
import { createX86Decoder } from './branch-filter-x86.js';

export interface BranchFilter {
  readonly create: () => BranchDecoder;
  /** What a position must be a multiple of. */
  readonly alignment: number;
}

/** By the number of the filter. */
export const BRANCH_FILTERS: ReadonlyMap<number, BranchFilter> = new Map([
  [0x04, { create: createX86Decoder, alignment: 1 }],
  [0x05, { create: () => decodePowerPc, alignment: 4 }],
  [0x06, { create: () => decodeIa64, alignment: 16 }],
  [0x07, { create: () => decodeArm, alignment: 4 }],
  [0x08, { create: () => decodeArmThumb, alignment: 2 }],
  [0x09, { create: () => decodeSparc, alignment: 4 }],
  [0x0a, { create: () => decodeArm64, alignment: 4 }],
  [0x0b, { create: () => decodeRiscv, alignment: 2 }],
]);

/** `bl`, and `b` with the link bit, in big-endian code. */
function decodePowerPc(data: Buffer, position: number): number {
  let at = 0;
  for (; at + 4 <= data.length; at += 4) {
    const word = data.readUInt32BE(at);
    if ((word & 0xfc000003) >>> 0 !== 0x48000001) continue;
    const target = (word & 0x03fffffc) - (position + at);
    data.writeUInt32BE((0x48000001 | (target & 0x03fffffc)) >>> 0, at);
  }
  return at;
}

/** `bl` that is always taken. */
function decodeArm(data: Buffer, position: number): number {
  let at = 0;
  for (; at + 4 <= data.length; at += 4) {
    if (data[at + 3] !== 0xeb) continue;
    // Words of four bytes, counted from the second instruction behind this one.
    const target = (data.readUIntLE(at, 3) << 2) - (position + at + 8);
    data.writeUIntLE((target >>> 2) & 0xffffff, at, 3);
  }
  return at;
}

/** `bl` is a pair of instructions, eleven bits of the address in each. */
function decodeArmThumb(data: Buffer, position: number): number {
  let at = 0;
  for (; at + 4 <= data.length; at += 2) {
    const [high, low] = [data.readUInt16LE(at), data.readUInt16LE(at + 2)];
    if ((high & 0xf800) !== 0xf000 || (low & 0xf800) !== 0xf800) continue;
    const source = (((high & 0x7ff) << 11) | (low & 0x7ff)) << 1;
    const target = (source - (position + at + 4)) >>> 1;
    data.writeUInt16LE(0xf000 | ((target >>> 11) & 0x7ff), at);
    data.writeUInt16LE(0xf800 | (target & 0x7ff), at + 2);
    at += 2;
  }
  return at;
}

/** `call` to a place within 16 MiB. */
function decodeSparc(data: Buffer, position: number): number {
  let at = 0;
  for (; at + 4 <= data.length; at += 4) {
    const word = data.readUInt32BE(at);
    const top = word >>> 22;
    if (top !== 0x100 && top !== 0x1ff) continue;
    const target = ((word << 2) - (position + at)) >>> 2;
    const sign = ((0 - ((target >>> 22) & 1)) << 22) & 0x3fffffff;
    data.writeUInt32BE((sign | (target & 0x3fffff) | 0x40000000) >>> 0, at);
  }
  return at;
}

/** `bl`, and `adrp` within 512 MiB. */
function decodeArm64(data: Buffer, position: number): number {
  let at = 0;
  for (; at + 4 <= data.length; at += 4) {
    const word = data.readUInt32LE(at);
    const pc = (position + at) >>> 0;
    if (word >>> 26 === 0x25) {
      data.writeUInt32LE((0x94000000 | ((word - (pc >>> 2)) & 0x03ffffff)) >>> 0, at);
    } else if ((word & 0x9f000000) >>> 0 === 0x90000000) {
      const source = ((word >>> 29) & 3) | ((word >>> 3) & 0x001ffffc);
      if (((source + 0x20000) & 0x1c0000) !== 0) continue;
      const target = source - (pc >>> 12);
      const sign = (0 - (target & 0x20000)) & 0xe00000;
      const kept = word & 0x9000001f;
      data.writeUInt32LE((kept | ((target & 3) << 29) | ((target & 0x3fffc) << 3) | sign) >>> 0, at);
    }
  }
  return at;
}

/** Which of the three slots of a bundle may hold a branch, by the bundle's template: a bit for each. */
const IA64_BRANCHES = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 6, 6, 0, 0, 7, 7, 4, 4, 0, 0, 4, 4, 0, 0,
] as const;

/** Bundles of 16 bytes: five bits of template, three instructions of 41 bits. */
function decodeIa64(data: Buffer, position: number): number {
  let at = 0;
  for (; at + 16 <= data.length; at += 16) {
    const slots = IA64_BRANCHES[data[at]! & 0x1f]!;
    for (let slot = 0; slot < 3; slot++)
      if (((slots >> slot) & 1) === 1) decodeIa64Slot(data, at, { slot, pc: position + at });
  }
  return at;
}

function decodeIa64Slot(data: Buffer, bundle: number, { slot, pc }: { slot: number; pc: number }): void {
  const bit = 5 + slot * 41;
  const start = bundle + (bit >> 3);
  const shift = BigInt(bit & 7);
  const bytes = BigInt(data.readUIntLE(start, 6));
  const instruction = bytes >> shift;
  // Opcode 5 is a call relative to the program counter; three bits of its type must be 0.
  if (((instruction >> 37n) & 0xfn) !== 5n || ((instruction >> 9n) & 7n) !== 0n) return;
  const source = Number(((instruction >> 13n) & 0xfffffn) | (((instruction >> 36n) & 1n) << 20n));
  const target = BigInt((((source << 4) - pc) >>> 4) & 0x1fffff);
  const kept = instruction & ~(0x8fffffn << 13n);
  const changed = kept | ((target & 0xfffffn) << 13n) | ((target & 0x100000n) << 16n);
  const low = bytes & ((1n << shift) - 1n);
  data.writeUIntLE(Number((low | (changed << shift)) & 0xffffffffffffn), start, 6);
}
