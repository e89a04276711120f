// Binds C functions and system calls as typed functions, by koffi. A result of -1 becomes an Error with the errno.
// Works with glibc and musl: symbols are taken from the C library that Node itself runs on.
import { constants } from 'node:os';
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { loadKoffi, type Koffi } from '../load-koffi.js';

/** A name for a system call, as bytes, which must not hold NUL. Text becomes one by `fromUtf8`. */
export type Name = ByteString | '.';
/** Name of an extended attribute: ASCII, or bytes as layers have them. */
export type AttributeName = string;
export type Argument = number | bigint | string | Uint8Array | BigUint64Array | null;
export type Call = (...args: readonly Argument[]) => number;

/** In a sequence: the result of one of its earlier calls. */
export interface ResultOf {
  readonly resultOf: number;
}
export type SequenceCall = readonly [call: Call, ...args: readonly (Argument | ResultOf)[]];

export interface Binding {
  /**
   * Binds a function of the C library by its C prototype. Throws what `SystemCallError` describes when it returns -1.
   */
  define(prototype: string): Call;
  /**
   * Binds a raw system call: for those the C library lacks, or makes process-wide (setresuid). Argument types as in C.
   */
  raw(name: string, number: SyscallNumber, types: readonly string[]): Call;
  /**
   * As `raw`, but gives the negative errno instead of throwing: for calls that often fail, or whose failure is passed
   * on.
   */
  attempt(name: string, number: SyscallNumber, types: readonly string[]): Call;
  /** Address of the bytes of a buffer, for pointers inside structures. The buffer must be kept alive. */
  address(buffer: Uint8Array): bigint;
  /**
   * Makes calls that `define` or `raw` of this binding gave, one after the other, and gives their results. Throws at
   * the first that fails, after `onFailure` got the results of those before.
   */
  sequence(
    calls: readonly SequenceCall[],
    onFailure?: (results: readonly number[]) => void,
  ): readonly number[];
  /**
   * The calls that `work` makes may be made at its end, all at once, so `work` must use no result. Throws at the first
   * that fails.
   */
  together(work: () => void): void;
  /** The same, but the calls may be delayed until the next call, which then throws what failed. */
  later(work: () => void): void;
}

/** Number on x86-64 and arm64; one number when both share it (all calls since Linux 5.0). */
export type SyscallNumber = number | { readonly x64: number; readonly arm64: number };

export interface SystemCallError extends Error {
  /** Positive errno. */
  readonly errno: number;
  /** `ENOENT`, … */
  readonly code: string;
  readonly syscall: string;
}

export function isSystemCallError(error: unknown, ...codes: readonly string[]): error is SystemCallError {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return false;
  return codes.length === 0 || codes.includes(String(error.code));
}

/** @throws TsbuildError SANDBOX_NO_KOFFI when the optional package or its binary for this machine is missing */
export async function loadBinding(): Promise<Binding> {
  try {
    return bindingOf(await loadKoffi());
  } catch (cause) {
    throw new TsbuildError(
      'SANDBOX_NO_KOFFI',
      `the sandbox needs the package @koromix/koffi-${process.platform}-${process.arch}, which is not installed`,
      { hint: 'install tsbuild-oci again, with optional dependencies', cause },
    );
  }
}

function bindingOf(koffi: Koffi): Binding {
  const library = koffi.load(null);
  const checked = (name: string, call: Call): Call => {
    return (...args) => {
      const result = Number(call(...args));
      if (result === -1) throw systemCallError(name, koffi.errno());
      return result;
    };
  };
  return {
    define(prototype) {
      const name = /(\w+)\s*\(/.exec(prototype)?.[1] ?? prototype;
      return checked(name, library.func(prototype) as Call);
    },
    raw(name, number, types) {
      const call = library.func('syscall', 'long', ['long', ...types]) as Call;
      const n = numberFor(number);
      return checked(name, (...args) => call(n, ...args));
    },
    attempt(_name, number, types) {
      const call = library.func('syscall', 'long', ['long', ...types]) as Call;
      const n = numberFor(number);
      return (...args) => {
        const result = Number(call(n, ...args));
        return result === -1 ? -koffi.errno() : result;
      };
    },
    address: (buffer) => BigInt(koffi.address(buffer)),
    sequence(calls, onFailure) {
      const results: number[] = [];
      try {
        for (const [call, ...args] of calls)
          results.push(call(...args.map((arg) => (isResultOf(arg) ? (results[arg.resultOf] ?? 0) : arg))));
      } catch (error) {
        onFailure?.(results);
        throw error;
      }
      return results;
    },
    together: (work) => work(),
    later: (work) => work(),
  };
}

export function isResultOf(argument: Argument | ResultOf): argument is ResultOf {
  return typeof argument === 'object' && argument !== null && 'resultOf' in argument;
}

/** @throws TsbuildError SANDBOX_FAILED on a machine that the sandbox is not supported on */
export function numberFor(number: SyscallNumber): number {
  if (typeof number === 'number') return number;
  if (process.arch === 'x64') return number.x64;
  if (process.arch === 'arm64') return number.arm64;
  throw new TsbuildError(
    'SANDBOX_FAILED',
    `the sandbox is supported on x64 and arm64, this is ${process.arch}`,
  );
}

/** Where two names share a number (EAGAIN, EWOULDBLOCK) the first counts. */
const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, value]) => [value, name]),
);

export function systemCallError(syscall: string, errno: number): SystemCallError {
  const code = ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
  return Object.assign(new Error(`${syscall}: ${code}`), { errno, code, syscall });
}

/** The form in which koffi passes bytes as `const char *`. */
export function cString(name: Name | AttributeName): string | Uint8Array {
  if (name.includes('\0'))
    throw new TsbuildError(
      'LAYER_UNSAFE',
      `a file name holds a NUL byte: ${JSON.stringify(name.slice(0, 80))}`,
    );
  // ASCII means the same as text and as bytes; anything else is a ByteString, one char code per byte.
  return /^[\x01-\x7f]*$/.test(name) ? name : Buffer.from(`${name}\0`, 'latin1');
}
