// Undoes xz's filter for x86: `call` (E8) and `jmp` (E9) with a 32-bit distance. An opcode that looks like one may be a
// byte of another instruction, so the filter goes by the opcodes in the five bytes before too. Matched from liblzma's
// simple/x86.c.
import type { BranchDecoder } from './branch-decoder.js';

/** Bytes of the instruction: an opcode and a distance. */
const LENGTH = 5;

/** Whether an opcode is taken for one, by where in the three bytes before it others stand. */
const IS_ALLOWED = [true, true, true, false, true, false, false, false] as const;
/** How far the first of them reaches into the distance, in bytes. */
const OVERLAP = [0, 1, 2, 2, 3, 3, 3, 3] as const;

/** The highest byte of the distance of a jump within 16 MiB. */
function isSign(byte: number): boolean {
  return byte === 0 || byte === 0xff;
}

export function createX86Decoder(): BranchDecoder {
  /**
   * A bit for each of the bytes before that could have been an opcode, the last one lowest; then whether its sign was
   * right.
   */
  let before = 0;
  let lastOpcode = (0 - LENGTH) >>> 0;

  function age(position: number): void {
    const distance = (position - lastOpcode) >>> 0;
    lastOpcode = position;
    if (distance > LENGTH) before = 0;
    else for (let i = 0; i < distance; i++) before = (before & 0x77) << 1;
  }

  function targetOf(distance: number, next: number): number {
    for (let source = distance; ;) {
      const target = (source - next) >>> 0;
      if (before === 0) return target;
      const overlap = OVERLAP[before >> 1]! * 8;
      if (!isSign((target >>> (24 - overlap)) & 0xff)) return target;
      source = (target ^ (2 ** (32 - overlap) - 1)) >>> 0;
    }
  }

  return (data, position) => {
    if (data.length < LENGTH) return 0;
    if ((position - lastOpcode) >>> 0 > LENGTH) lastOpcode = (position - LENGTH) >>> 0;
    let at = 0;
    while (at <= data.length - LENGTH) {
      if (data[at] !== 0xe8 && data[at] !== 0xe9) {
        at++;
        continue;
      }
      age((position + at) >>> 0);
      const sign = data[at + 4]!;
      if (isSign(sign) && before >> 1 < 0x10 && IS_ALLOWED[(before >> 1) & 7]) {
        const target = targetOf(data.readUInt32LE(at + 1), position + at + LENGTH);
        data.writeUIntLE(target & 0xffffff, at + 1, 3);
        data[at + 4] = ((target >>> 24) & 1) === 1 ? 0xff : 0;
        at += LENGTH;
        before = 0;
      } else {
        at++;
        before |= isSign(sign) ? 0x11 : 1;
      }
    }
    return at;
  };
}
