// System calls that a launcher makes for the worker: the same binding as that of koffi, over a channel. Synchronous: a
// launcher answers within microseconds, and its command can do nothing meanwhile.
import { readSync, writeSync } from 'node:fs';
import { invariant, TsbuildError } from '../../core/errors.js';
import {
  isResultOf,
  isSystemCallError,
  numberFor,
  systemCallError,
  type Argument,
  type Binding,
  type Call,
  type ResultOf,
  type SequenceCall,
  type SyscallNumber,
} from '../../host/syscalls/binding.js';
import {
  bytesOf,
  decodeAnswer,
  encodeCalls,
  fitsMessage,
  type RemoteArgument,
  type RemoteCall,
} from './call-message.js';
import { CALL_NUMBERS } from './call-numbers.js';
import { CHANNEL, MESSAGE_BYTES } from './launcher-code.js';

export interface LauncherChannel {
  /** Our end of the socket. */
  readonly fd: number;
  /** Where a message lies in the launcher. */
  readonly base: number;
}

const MMAP = { x64: 9, arm64: 222 };
const READ = { x64: 0, arm64: 63 };
const READ_AND_WRITE = 3;
const PRIVATE_AND_ANONYMOUS = 0x22;
const WITHOUT_FILE = -1;
/**
 * Stack below the messages for small uploads: the kernel makes it when it is used. The launcher itself uses less than a
 * page of it.
 */
const SMALL_BYTES = 0x10000;
const OWN_STACK_BYTES = 0x1000;

interface RemoteFunction {
  readonly name: string;
  readonly number: number;
  /** For each argument, whether what it points to may be written. */
  readonly isWritten: readonly boolean[];
}

type FunctionAndArgs = readonly [RemoteFunction, ...RemoteArgument[]];

function remoteCalls(functionsAndArgs: readonly FunctionAndArgs[]): RemoteCall[] {
  return functionsAndArgs.map(([{ number }, ...args]) => ({ number, args }));
}

export interface LauncherBinding extends Binding {
  /** What `Launcher.record` gives. */
  record(work: () => void, offset: number): Buffer;
}

/** execve(2) gives 0 when it has worked: then the launcher is the command, and answers no more. */
export function launcherBinding(channel: LauncherChannel): LauncherBinding {
  const functions = new WeakMap<Call, RemoteFunction>();

  function execute(functionsAndArgs: readonly FunctionAndArgs[]): number[] {
    const calls = remoteCalls(functionsAndArgs);
    const message = encodeCalls(calls, channel.base);
    const answer = exchange(channel, message.data, message.answerBytes);
    if (answer) return decodeAnswer(message, calls.length, answer);
    if (functionsAndArgs.at(-1)?.[0].name === 'execve') return calls.map(() => 0);
    throw new TsbuildError('SANDBOX_FAILED', 'the launcher of a process ended early');
  }

  let smallLeft = SMALL_BYTES;

  function allocate(size: number): number {
    if (size <= smallLeft) {
      smallLeft -= Math.ceil(size / 8) * 8;
      return channel.base - OWN_STACK_BYTES - SMALL_BYTES + smallLeft;
    }
    const [address = 0] = execute([
      [functionOf('mmap', MMAP), 0, size, READ_AND_WRITE, PRIVATE_AND_ANONYMOUS, WITHOUT_FILE, 0],
    ]);
    if (address < 0) throw systemCallError('mmap', -address);
    return address;
  }

  /**
   * Memory of the launcher's with these bytes in it, which is never freed: it ends with the launcher, or with
   * execve(2).
   */
  function upload(bytes: Uint8Array): number {
    const address = allocate(bytes.byteLength);
    for (let at = 0; at < bytes.byteLength; at += MESSAGE_BYTES) {
      const part = bytes.subarray(at, at + MESSAGE_BYTES);
      const read = { number: numberFor(READ), args: [CHANNEL, address + at, part.length] };
      const message = encodeCalls([read], channel.base);
      sendToLauncher(channel, message.data);
      exchange(channel, part, message.answerBytes);
    }
    return address;
  }

  function remote(value: Argument | ResultOf, isWritten: boolean): RemoteArgument {
    if (value === null) return 0;
    if (isResultOf(value)) return value;
    if (typeof value === 'bigint' || typeof value === 'number') return value;
    const bytes = typeof value === 'string' ? Buffer.from(`${value}\0`) : bytesOf(value);
    if (isWritten || fitsMessage(bytes.length)) return { bytes, isWritten };
    return upload(bytes);
  }

  /** Calls that are being collected. */
  let collected: SequenceCall[] | undefined;
  /** Calls that go with the next ones. */
  let delayed: SequenceCall[] = [];

  function collect(work: () => void): SequenceCall[] {
    invariant(!collected, 'calls are collected once at a time');
    const calls: SequenceCall[] = (collected = []);
    try {
      work();
    } finally {
      collected = undefined;
    }
    return calls;
  }

  function together(work: () => void): void {
    const calls = collect(work);
    if (calls.length > 0) sequence(calls);
  }

  function later(work: () => void): void {
    const before = delayed.length;
    delayed.push(...collect(work).map((call) => shifted(call, before)));
  }

  function prepared([call, ...args]: SequenceCall): FunctionAndArgs {
    const known = functions.get(call)!;
    return [known, ...args.map((arg, i) => remote(arg, known.isWritten[i] ?? false))];
  }

  function record(work: () => void, offset: number): Buffer {
    return encodeCalls(remoteCalls(collect(work).map(prepared)), channel.base + offset).data;
  }

  function sequence(
    calls: readonly SequenceCall[],
    onFailure?: (results: readonly number[]) => void,
  ): readonly number[] {
    if (collected) {
      const before = collected.length;
      collected.push(...calls.map((call) => shifted(call, before)));
      return calls.map(() => 0);
    }
    const early = delayed;
    delayed = [];
    const all = [...early, ...calls.map((call) => shifted(call, early.length))];
    const called = all.map(prepared);
    const results = execute(called);
    const last = results.at(-1) ?? 0;
    if (last >= 0) return results.slice(early.length);
    onFailure?.(results.slice(early.length, -1));
    throw systemCallError(called[results.length - 1]?.[0].name ?? '', -last);
  }

  function bind(name: string, number: SyscallNumber, types: readonly string[]): Call {
    const known = functionOf(name, number, types);
    const call: Call = (...args) => sequence([[call, ...args]])[0] ?? 0;
    functions.set(call, known);
    return call;
  }

  return {
    define(prototype) {
      const [, name = '', types = ''] = /(\w+)\s*\((.*)\)/.exec(prototype) ?? [];
      const number = CALL_NUMBERS[name];
      if (number !== undefined) return bind(name, number, types.split(','));
      return () => {
        throw new TsbuildError('INTERNAL', `a launcher does not know ${name}`);
      };
    },
    raw: bind,
    attempt(name, number, types) {
      const call = bind(name, number, types);
      return (...args) => {
        try {
          return call(...args);
        } catch (error) {
          if (isSystemCallError(error)) return -error.errno;
          throw error;
        }
      };
    },
    address: (buffer) => BigInt(upload(buffer)),
    sequence,
    together,
    later,
    record,
  };
}

/** A call of a sequence, with its references moved: `before` other calls now stand in front of the sequence. */
function shifted([call, ...args]: SequenceCall, before: number): SequenceCall {
  return [call, ...args.map((arg) => (isResultOf(arg) ? { resultOf: arg.resultOf + before } : arg))];
}

function functionOf(name: string, number: SyscallNumber, types: readonly string[] = []): RemoteFunction {
  const isWritten = types.map((type) => type.includes('*') && !type.includes('const'));
  return { name, number: numberFor(number), isWritten };
}

/** False when the launcher is gone. */
export function sendToLauncher({ fd }: LauncherChannel, data: Uint8Array): boolean {
  try {
    writeSync(fd, data);
    return true;
  } catch (error) {
    if (isSystemCallError(error, 'EPIPE', 'ECONNRESET')) return false;
    throw error;
  }
}

/** Undefined when the launcher is gone. */
function exchange(channel: LauncherChannel, data: Uint8Array, answerBytes: number): Buffer | undefined {
  const answer = Buffer.allocUnsafe(answerBytes);
  try {
    return sendToLauncher(channel, data) && readSync(channel.fd, answer) > 0 ? answer : undefined;
  } catch (error) {
    if (isSystemCallError(error, 'ECONNRESET')) return undefined;
    throw error;
  }
}
