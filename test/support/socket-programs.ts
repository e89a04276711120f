// Programs for x86-64 that ask for a socket in ways that no shell does. Assembled; each is told in the words of its
// source.
import { ELF_MACHINE, staticExecutable } from '../../src/sandbox/static-executable.js';
import { cString, syscallProgram } from './syscall-program.js';

/**
 * sigaction(SIGALRM, handler that counts); setitimer(10 ms, then every 2 ms); socket(AF_INET, SOCK_STREAM). Exits with
 * 0, with the errno of socket(2), or with 200 when no signal came meanwhile.
 */
const INTERRUPTED = `
  488d35a2000000488d0565000000488906488d056200000048894610b80d000000bf0e00000031d241ba080000000f05b82600000031ff48
  8d35430000000f05b829000000bf02000000be0100000031d20f0531ff4885c0790429c7eb0e833d3c000000007505bfc8000000b8e70000
  000f05ff0528000000c3b80f0000000f050000000000000000d0070000000000000000000000000000102700000000000000000000000000
  000000000000000000000000040000000000000000000000000000000000000000
`;

/** From the end: the highest byte of the flags of struct sigaction, SA_RESTORER. */
const FLAGS = 21;
const SA_RESTART = 0x10;

/**
 * Eight threads, each with a socket(AF_INET, SOCK_STREAM) of its own. Exits with the number of those that failed; 200:
 * no thread.
 */
const THREADS = `
  bb08000000b838000000bf000f050031f60f0585c0742a7821ffcb75e8b8180000000f05833d450000000875f08b3d41000000b8e7000000
  0f05bfc8000000ebf2b829000000bf02000000be0100000031d20f054885c07907f0ff0514000000f0ff050900000031ffb83c0000000f05
  0000000000000000
`;

export function interruptedProgram({ isRestarting }: { readonly isRestarting: boolean }): Buffer {
  const code = codeOf(INTERRUPTED);
  if (isRestarting) code.writeUInt8(code.readUInt8(code.length - FLAGS) | SA_RESTART, code.length - FLAGS);
  return executable(code);
}

export function threadsProgram(): Buffer {
  return executable(codeOf(THREADS));
}

function codeOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

function executable(code: Buffer): Buffer {
  return staticExecutable(code, { machine: ELF_MACHINE.x64, isWritable: true });
}

/** Sends bytes to a socket of the file system and copies what comes first to standard output, which is a pipe. */
export function socketClient(path: string, message: Buffer): Buffer {
  const address = Buffer.concat([Buffer.of(1, 0), cString(path)]);
  const [socket, connect, write, splice] = [41, 42, 1, 275];
  const fd = { resultOf: 0 };
  return syscallProgram([
    { number: socket, args: [1, 1, 0] },
    { number: connect, args: [fd, address, address.length] },
    { number: write, args: [fd, message, message.length] },
    { number: splice, args: [fd, 0, 1, 0, 64, 0] },
  ]);
}
