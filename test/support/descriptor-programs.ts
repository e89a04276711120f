// Two programs that hand a descriptor over by an abstract socket (unix(7), SCM_RIGHTS). x86-64.
import { cString, syscallProgram, type Structure } from './syscall-program.js';

const [OPEN, SOCKET, CONNECT, ACCEPT, SENDMSG, RECVMSG, BIND, LISTEN, OPENAT] = [
  2, 41, 42, 43, 46, 47, 49, 50, 257,
];
const O_DIRECTORY = 0o200000;
const [STREAM, UNIX] = [1, 1];
/** What descriptors get that are opened first, second and third. */
const [FIRST, SECOND, THIRD] = [3, 4, 5];

function abstractAddress(name: string): Buffer {
  return Buffer.concat([Buffer.from([UNIX, 0, 0]), Buffer.from(name)]);
}

/** struct msghdr with one byte and the descriptor of that number. */
function message(fd: number): Structure {
  const control = Buffer.alloc(24);
  control.writeBigUInt64LE(20n, 0);
  control.writeInt32LE(1, 8);
  control.writeInt32LE(1, 12);
  control.writeInt32LE(fd, 16);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(1n, 8);
  const header = Buffer.alloc(56);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  return {
    bytes: header,
    pointers: { 16: { bytes: vector, pointers: { 0: Buffer.from('x') } }, 32: control },
  };
}

/** Hands over its `/`. Exit status: errno of what failed. */
export function givingProgram(name: string): Buffer {
  const address = abstractAddress(name);
  return syscallProgram([
    { number: OPEN, args: [cString('/'), O_DIRECTORY] },
    { number: SOCKET, args: [UNIX, STREAM, 0] },
    { number: CONNECT, args: [SECOND, address, address.length] },
    { number: SENDMSG, args: [SECOND, message(FIRST), 0] },
  ]);
}

/** Waits for a directory and opens the path relative to it. Exit status: 0, or errno of what failed. */
export function takingProgram(name: string, path: string): Buffer {
  const address = abstractAddress(name);
  return syscallProgram([
    { number: SOCKET, args: [UNIX, STREAM, 0] },
    { number: BIND, args: [FIRST, address, address.length] },
    { number: LISTEN, args: [FIRST, 1] },
    { number: ACCEPT, args: [FIRST, 0, 0] },
    { number: RECVMSG, args: [SECOND, message(0), 0] },
    { number: OPENAT, args: [THIRD, cString(path), 0] },
  ]);
}
