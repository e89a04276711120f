// A program of a few bytes that makes one system call and exits with its errno: what a shell cannot ask for. x86-64
// only.

const LOAD_ADDRESS = 0x400000;
const HEADER_BYTES = 120;

/** An ELF executable that calls `number` with up to three arguments; exit status 0 when the call succeeded. */
export function syscallProbe(number: number, ...args: readonly number[]): Buffer {
  const load = (opcode: number, value: number): Buffer => {
    const code = Buffer.alloc(5);
    code.writeUInt8(opcode);
    code.writeUInt32LE(value >>> 0, 1);
    return code;
  };
  const clearR10R8R9 = Buffer.from('4d31d24d31c04d31c9', 'hex');
  const syscall = Buffer.from('0f05', 'hex');
  const negateIntoEdi = Buffer.from('f7d889c7', 'hex');
  const exit = Buffer.concat([load(0xb8, 60), syscall]);
  const setUp = [
    load(0xb8, number),
    load(0xbf, args[0] ?? 0),
    load(0xbe, args[1] ?? 0),
    load(0xba, args[2] ?? 0),
  ];
  return executable(Buffer.concat([...setUp, clearR10R8R9, syscall, negateIntoEdi, exit]));
}

function executable(code: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(62, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS + HEADER_BYTES), 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(5, 68);
  for (const offset of [80, 88]) header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), offset);
  for (const offset of [96, 104]) header.writeBigUInt64LE(BigInt(HEADER_BYTES + code.length), offset);
  header.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([header, code]);
}
