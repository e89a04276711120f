// Programs of a few bytes that make system calls which no shell makes: one after the other, with pointers and earlier
// results as arguments, as often as wanted. x86-64 only.
import { CODE_ADDRESS, ELF_MACHINE, staticExecutable } from '../../src/sandbox/static-executable.js';

/** A number, bytes of which the address is passed, or the result of an earlier call of the same program. */
export type Argument = number | Uint8Array | Structure | { readonly resultOf: number };

/** Bytes with addresses of others in them. */
export interface Structure {
  readonly bytes: Uint8Array;
  /** Offset to what is pointed to from there. */
  readonly pointers: Readonly<Record<number, Uint8Array | Structure>>;
}

export interface Call {
  /** Of x86-64; of i386 for a compatibility call. */
  readonly number: number;
  readonly args?: readonly Argument[];
  /** By `int 0x80`, as a 32-bit program does. Its arguments are at most three, and no earlier results. */
  readonly isCompatibility?: boolean;
  /** The next call is made whatever becomes of this one. */
  readonly mayFail?: boolean;
}

export interface ProgramOptions {
  /** How often all calls are made. */
  readonly repeat?: number;
}

/** mov of an immediate to rdi, rsi, rdx, r10, r8, r9. */
const LOAD_IMMEDIATE = ['48bf', '48be', '48ba', '49ba', '49b8', '49b9'];
/** mov from r12, which keeps the first result, to the same. For r13 and r14 the third byte is 8 and 16 larger. */
const LOAD_RESULT = ['4c89e7', '4c89e6', '4c89e2', '4d89e2', '4d89e0', '4d89e1'];
const KEEP_RESULT = ['4989c4', '4989c5', '4989c6'];
const LOAD_COMPATIBLE = ['bb', 'b9', 'ba'];

/** An ELF executable that exits with the errno of the first call that fails, else with 0. */
export function syscallProgram(calls: readonly Call[], { repeat = 1 }: ProgramOptions = {}): Buffer {
  // Twice, since the addresses of the data depend on the size of the code, which does not depend on them.
  const size = assemble(calls, repeat, 0).code.length;
  const { code, data } = assemble(calls, repeat, CODE_ADDRESS + size);
  // Calls may put their results into the data.
  return staticExecutable(Buffer.concat([code, data]), { machine: ELF_MACHINE.x64, isWritable: true });
}

/** Bytes with the zero that ends a string of C. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}

interface Assembled {
  readonly code: Buffer;
  readonly data: Buffer;
}

function assemble(calls: readonly Call[], repeat: number, dataAddress: number): Assembled {
  const data: Uint8Array[] = [];
  let next = dataAddress;
  const addressOf = (bytes: Uint8Array): number => {
    data.push(bytes);
    next += bytes.length;
    return next - bytes.length;
  };
  const place = (argument: Uint8Array | Structure): number => {
    if (argument instanceof Uint8Array) return addressOf(argument);
    const bytes = Buffer.from(argument.bytes);
    for (const [offset, target] of Object.entries(argument.pointers))
      bytes.writeBigUInt64LE(BigInt(place(target)), Number(offset));
    return addressOf(bytes);
  };
  const bodies = calls.map((call, i) => {
    const made = call.isCompatibility ? compatibilityCall(call, place) : nativeCall(call, place);
    return Buffer.concat([made, hex(KEEP_RESULT[i] ?? '')]);
  });
  const check = 9;
  const total = bodies.reduce((sum, body, i) => sum + body.length + (calls[i]?.mayFail ? 0 : check), 0);
  const end = hex('41ffcf0f85');
  const succeed = hex('31ffb83c0000000f05');
  const parts: Buffer[] = [];
  let at = 0;
  bodies.forEach((body, i) => {
    parts.push(body);
    at += body.length;
    if (calls[i]?.mayFail) return;
    at += check;
    parts.push(hex('4885c00f88'), int32(total + end.length + 4 + succeed.length - at));
  });
  const back = -(total + end.length + 4);
  const fail = hex('f7d889c7b83c0000000f05');
  const code = Buffer.concat([hex('41bf'), int32(repeat), ...parts, end, int32(back), succeed, fail]);
  return { code, data: Buffer.concat(data) };
}

function nativeCall(
  { number, args = [] }: Call,
  addressOf: (argument: Uint8Array | Structure) => number,
): Buffer {
  const loads = LOAD_IMMEDIATE.map((immediate, i) => {
    const argument = args[i] ?? 0;
    if (typeof argument === 'object' && 'resultOf' in argument) {
      const load = hex(LOAD_RESULT[i] ?? '');
      load.writeUInt8(load.readUInt8(2) + 8 * argument.resultOf, 2);
      return load;
    }
    const value = typeof argument === 'number' ? argument : addressOf(argument);
    return Buffer.concat([hex(immediate), int64(value)]);
  });
  return Buffer.concat([...loads, hex('b8'), int32(number), hex('0f05')]);
}

function compatibilityCall(
  { number, args = [] }: Call,
  addressOf: (argument: Uint8Array | Structure) => number,
): Buffer {
  const loads = LOAD_COMPATIBLE.map((load, i) => {
    const argument = args[i] ?? 0;
    if (typeof argument === 'object' && 'resultOf' in argument)
      throw new Error('a compatibility call takes no earlier results');
    const value = typeof argument === 'number' ? argument : addressOf(argument);
    return Buffer.concat([hex(load), int32(value)]);
  });
  return Buffer.concat([...loads, hex('b8'), int32(number), hex('cd80'), hex('4863c0')]);
}
