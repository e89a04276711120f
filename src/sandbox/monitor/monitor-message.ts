// The order to a launcher that makes it the monitor of a container (launcher/x64-monitor.s says what it does then), and
// the layout of what it writes. Pure.
//
// It writes records to the log and to each client. A record is a header of 16 bytes and its data, little-endian: u8
// stream (1 output, 2 error, 0 end), three zero bytes, u32 length of the data, u64 nanoseconds since the epoch. The end
// record is the last; its data is i32 si_code, i32 si_status of waitid(2). Before it the file `exit` is written: the
// same two numbers, then u64 nanoseconds. Two zeros: the kernel did not tell.
// Where a file `exit.tmp` of 16 bytes is there beforehand, a full disk does not keep `exit` from being written.
// A record for which the disk has no room is missing in the log as a whole; clients get it.
// When a record would make `log` longer than the limit, `log` becomes `log.1`, and the next `log` begins. A
// follower reads its file to the end once more after it has seen that `log` is another file.

/** Bytes of a record before its data, and the most that its data has. */
export const RECORD_HEADER_BYTES = 16;
export const MAX_RECORD_DATA_BYTES = 0xf000;

/** Clients at a time. */
export const MAX_CLIENTS = 8;

const MONITOR = -3n;
const NONE = -1;
const POLL_IN = 1;
/** Where the machine code has what. From POLLS on there are struct pollfd. */
const LIMIT = 8;
const SIZE = 16;
const LOG = 24;
const DIRECTORY = 28;
const INPUT = 32;
const FIRST_FINISHES = 36;
const PROGRAM = 40;
const POLLS = 64;
const CLIENTS = 4;
const MESSAGE_BYTES = POLLS + 8 * (CLIENTS + MAX_CLIENTS);

/** A program in the memory of a launcher: addresses of what execve(2) takes. */
export interface PlacedProgram {
  readonly path: bigint;
  readonly argv: bigint;
  readonly env: bigint;
}

/** Descriptors are the launcher's. */
export interface MonitorOrder {
  /** Read end of a pipe, or the master of a terminal. */
  readonly output: number;
  /** Absent with a terminal. */
  readonly error?: number | undefined;
  /** A pidfd of a child of the launcher. */
  readonly process: number;
  /** A stream socket that listens for clients. */
  readonly listener?: number | undefined;
  /** What is closed when a client sends a byte. */
  readonly input?: number | undefined;
  /** Opened with O_APPEND. */
  readonly log?: number | undefined;
  /** Bytes of `log` now. */
  readonly logSize: number;
  /** Bytes of `log` at most; absent: without limit. One record it can always have. */
  readonly logLimit?: number | undefined;
  /** Holds `log`, `log.1`, `exit`, and `log.new` and `exit.tmp` for a moment. */
  readonly directory: number;
  /**
   * Connected stream sockets, MAX_CLIENTS at most. One that takes nothing holds back the container; when the container
   * has ended it has two seconds more.
   */
  readonly clients: readonly number[];
  /** When the first client has the end record, the monitor ends instead of executing the program. */
  readonly firstFinishes: boolean;
  /** Executed at last, with all descriptors that are open over execve(2), but none of those above but `directory`. */
  readonly program?: PlacedProgram | undefined;
}

export function monitorMessage(order: MonitorOrder): Buffer {
  const message = Buffer.alloc(MESSAGE_BYTES);
  message.writeBigInt64LE(MONITOR, 0);
  message.writeBigUInt64LE(BigInt(order.logLimit ?? 0), LIMIT);
  message.writeBigUInt64LE(BigInt(order.logSize), SIZE);
  message.writeInt32LE(order.log ?? NONE, LOG);
  message.writeInt32LE(order.directory, DIRECTORY);
  message.writeInt32LE(order.input ?? NONE, INPUT);
  message.writeInt32LE(order.firstFinishes ? 1 : 0, FIRST_FINISHES);
  const { path, argv, env } = order.program ?? { path: 0n, argv: 0n, env: 0n };
  [path, argv, env].forEach((address, i) => message.writeBigUInt64LE(address, PROGRAM + 8 * i));
  const polled = [order.process, order.output, order.error, order.listener, ...order.clients];
  for (let i = 0; i < CLIENTS + MAX_CLIENTS; i++) {
    message.writeInt32LE(polled[i] ?? NONE, POLLS + 8 * i);
    message.writeInt16LE(POLL_IN, POLLS + 8 * i + 4);
  }
  return message;
}
