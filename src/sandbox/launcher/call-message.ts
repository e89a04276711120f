// System calls as a message to a launcher, and what it answers (x64.s has the form). Pure.
import { invariant } from '../../core/errors.js';
import { MESSAGE_BYTES } from './launcher-code.js';

/**
 * A whole number (a bigint when it has more than 53 bits); bytes of which the address is passed, and which are
 * overwritten by the answer when `isWritten`; the result of an earlier call.
 */
export type RemoteArgument =
  | number
  | bigint
  | { readonly bytes: Uint8Array; readonly isWritten: boolean }
  | { readonly resultOf: number };

export interface RemoteCall {
  readonly number: number;
  /** At most six. */
  readonly args: readonly RemoteArgument[];
}

export interface CallMessage {
  readonly data: Buffer;
  readonly answerBytes: number;
  /** What the kernel writes into comes back to here. */
  readonly written: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

const HEADER_BYTES = 16;
const RECORD_BYTES = 64;
const WORD = 8;
const RESULT = 56;
const ARGUMENTS = 6;
/** High half of what stands in the place of a result before the call: no call gives it. */
const NOT_CALLED = -0x80000000;

/** Whether the bytes fit into one message beside a few calls. */
export function fitsMessage(bytes: number): boolean {
  return bytes <= MESSAGE_BYTES / 2;
}

/** @param base address of the message in the launcher */
export function encodeCalls(calls: readonly RemoteCall[], base: number): CallMessage {
  const { places, writtenEnd, end } = layOut(calls);
  // The words that arguments point to: zero for those that are not given, then one for each number and each address.
  const words: (number | bigint)[] = [0];
  const wordOf = (value: number | bigint): number => base + end + WORD * (words.push(value) - 1);
  const pointerTo = (arg: RemoteArgument | undefined): number => {
    if (arg === undefined || arg === 0) return base + end;
    if (typeof arg === 'number' || typeof arg === 'bigint') return wordOf(arg);
    if ('resultOf' in arg) return base + HEADER_BYTES + arg.resultOf * RECORD_BYTES + RESULT;
    return wordOf(base + (places.get(arg) ?? 0));
  };
  const records = calls.map(({ args }) => Array.from({ length: ARGUMENTS }, (_, i) => pointerTo(args[i])));
  const size = end + WORD * words.length;
  invariant(size <= MESSAGE_BYTES, 'the calls fit into one message');
  const data = Buffer.alloc(size);
  writeWord(data, calls.length, 0);
  writeWord(data, writtenEnd, WORD);
  for (const [i, pointers] of records.entries()) {
    const at = HEADER_BYTES + i * RECORD_BYTES;
    writeWord(data, calls[i]!.number, at);
    pointers.forEach((pointer, n) => writeWord(data, pointer, at + WORD * (n + 1)));
    data.writeInt32LE(NOT_CALLED, at + RESULT + 4);
  }
  for (const [{ bytes }, offset] of places) data.set(bytesOf(bytes), offset);
  words.forEach((value, i) => writeWord(data, value, end + WORD * i));
  const written = [...places].filter(([{ isWritten }]) => isWritten);
  return {
    data,
    answerBytes: writtenEnd,
    written: written.map(([{ bytes }, offset]) => ({ offset, bytes })),
  };
}

/** Two's complement. */
function writeWord(data: Buffer, value: number | bigint, at: number): void {
  if (typeof value === 'bigint') return void data.writeBigUInt64LE(BigInt.asUintN(64, value), at);
  data.writeUInt32LE(value >>> 0, at);
  data.writeInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
}

type BytesArgument = Extract<RemoteArgument, { bytes: Uint8Array }>;

interface Layout {
  /** Offsets in the message. */
  readonly places: ReadonlyMap<BytesArgument, number>;
  readonly writtenEnd: number;
  readonly end: number;
}

/** What comes back lies first, so that no more than it is sent back. Everything begins at a multiple of a word. */
function layOut(calls: readonly RemoteCall[]): Layout {
  const places = new Map<BytesArgument, number>();
  let at = HEADER_BYTES + calls.length * RECORD_BYTES;
  const place = (isWritten: boolean): number => {
    for (const { args } of calls)
      for (const arg of args) {
        if (typeof arg !== 'object' || !('bytes' in arg) || arg.isWritten !== isWritten) continue;
        places.set(arg, at);
        at += Math.ceil(arg.bytes.byteLength / WORD) * WORD;
      }
    return at;
  };
  return { places, writtenEnd: place(true), end: place(false) };
}

/** Results of the calls that were made, in order; a negative errno can only be the last. Fills what the calls wrote. */
export function decodeAnswer({ written }: CallMessage, calls: number, answer: Buffer): number[] {
  for (const { offset, bytes } of written)
    bytesOf(bytes).set(answer.subarray(offset, offset + bytes.byteLength));
  const results: number[] = [];
  for (let i = 0; i < calls; i++) {
    const at = HEADER_BYTES + i * RECORD_BYTES + RESULT;
    const high = answer.readInt32LE(at + 4);
    if (high === NOT_CALLED) break;
    results.push(high * 0x1_0000_0000 + answer.readUInt32LE(at));
  }
  return results;
}

/** Whatever its elements are. */
export function bytesOf(view: Uint8Array | BigUint64Array): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
