// Undoes xz's filter for RISC-V: calls (JAL), and pairs of AUIPC with the instruction that uses its register. The
// filter kept such a pair as an AUIPC to x2, with the second instruction in its place for a number and the absolute
// address behind it; a pair that looked like that from the start it wrote as an ordinary one. So both forms are turned
// into each other. Matched from liblzma's simple/riscv.c.

const AUIPC = 0x17;
const JAL = 0xef;
const X2 = 2;

export function decodeRiscv(data: Buffer, position: number): number {
  let at = 0;
  while (at + 8 <= data.length) {
    const opcode = data[at]!;
    if (opcode === JAL) at += decodeCall(data, at, position + at);
    else if ((opcode & 0x7f) === AUIPC) at += decodePair(data, at, position + at);
    else at += 2;
  }
  return at;
}

/** Returns how many bytes are done. */
function decodeCall(data: Buffer, at: number, pc: number): number {
  const b1 = data[at + 1]!;
  // Return addresses go to x1 or x5.
  if ((b1 & 0x0d) !== 0) return 2;
  const address = (((b1 & 0xf0) << 13) | (data[at + 2]! << 9) | (data[at + 3]! << 1)) - pc;
  data[at + 1] = (b1 & 0x0f) | ((address >>> 8) & 0xf0);
  data[at + 2] = ((address >>> 16) & 0x0f) | ((address >>> 7) & 0x10) | ((address << 4) & 0xe0);
  data[at + 3] = ((address >>> 4) & 0x7f) | ((address >>> 13) & 0x80);
  return 4;
}

function decodePair(data: Buffer, at: number, pc: number): number {
  const first = data.readUInt32LE(at);
  const register = (first >>> 7) & 0x1f;
  if (register !== 0 && register !== X2) {
    const second = data.readUInt32LE(at + 4);
    if (((second >>> 15) & 0x1f) !== register || (second & 3) !== 3) return 6;
    data.writeUInt32LE((AUIPC | (X2 << 7) | (second << 12)) >>> 0, at);
    data.writeUInt32LE(((first & 0xfffff000) + (second >>> 20)) >>> 0, at + 4);
    return 8;
  }
  const used = first >>> 27;
  const isKept = register === X2 && ((first >>> 12) & 3) === 3 && used !== 0 && used !== X2;
  if (!isKept) return 4;
  const address = (data.readUInt32BE(at + 4) - pc) >>> 0;
  // The lower half of an address is signed, so the upper one is rounded.
  data.writeUInt32LE((AUIPC | (used << 7) | ((address + 0x800) & 0xfffff000)) >>> 0, at);
  data.writeUInt32LE(((first >>> 12) | (address << 20)) >>> 0, at + 4);
  return 8;
}
