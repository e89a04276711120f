// The order to a launcher that makes it execute a health check again and again (launcher/x64-probe.s says what it does
// then), and the layout of what it writes. Pure.
//
// It appends records to `health`, little-endian: u64 nanoseconds since the epoch at the start, u64 at the end, i32
// code, u32 length of the output, the output. Of a process that a signal ended the code is 128 and the signal's number.
// Code -1: it took too long, and was killed. Code -2: it could not be started; its output is then an i32 errno. Before
// a record that would make `health` longer than HEALTH_LIMIT, `health` becomes `health.1`.
import { invariant } from '../../core/errors.js';

/** Bytes of a record before its output, and the most that its output has. */
export const HEALTH_HEADER_BYTES = 24;
export const MAX_HEALTH_OUTPUT_BYTES = 4096;
export const HEALTH_LIMIT = 0x10000;

export const HEALTH_CODE_TIMEOUT = -1;
export const HEALTH_CODE_NOT_STARTED = -2;

/** Where the calls begin in the message. */
export const PROBE_CALLS = 0x1000;
/** Where the machine code has its record: the calls end before. */
const PROBE_CALLS_END = 0xd000;

const PROBE = -6n;
const NONE = -1;
const POLL_IN = 1;
/** Where the machine code has what. From POLLS on there are struct pollfd: container, output, the probe. */
const LIMIT = 8;
const SIZE = 16;
const FILE = 24;
const DIRECTORY = 28;
const TIMES = 40;
const POLLS = 72;

/** Times are nanoseconds. Descriptors are the launcher's. */
export interface ProbeOrder {
  /** From the end of a probe to the start of the next one. */
  readonly interval: bigint;
  /** The same until `startPeriod` from now has passed or a probe has succeeded. */
  readonly startInterval: bigint;
  readonly startPeriod: bigint;
  /** More than none. */
  readonly timeout: bigint;
  /** A pidfd of PID 1 of the container: it ends with that. */
  readonly container: number;
  /** Read end of a pipe that does not block. The calls give its write end to the probe. */
  readonly output: number;
  /** `health`, opened with O_APPEND, and its size now. */
  readonly file: number;
  readonly fileSize: number;
  /** Holds `health`, `health.1`, and `health.new` for a moment. */
  readonly directory: number;
  /**
   * Of the launcher (`record`, at PROBE_CALLS). The last one is execve(2). They are made by a child that shares its
   * memory until then, and that is in the pid namespace which the launcher has entered for its children.
   */
  readonly calls: Uint8Array;
}

export function probeMessage(order: ProbeOrder): Buffer {
  invariant(PROBE_CALLS + order.calls.length <= PROBE_CALLS_END, 'the calls of a probe fit into its message');
  const message = Buffer.alloc(PROBE_CALLS + order.calls.length);
  message.writeBigInt64LE(PROBE, 0);
  message.writeBigUInt64LE(BigInt(HEALTH_LIMIT), LIMIT);
  message.writeBigUInt64LE(BigInt(order.fileSize), SIZE);
  message.writeInt32LE(order.file, FILE);
  message.writeInt32LE(order.directory, DIRECTORY);
  const { interval, startInterval, startPeriod, timeout } = order;
  [interval, startInterval, startPeriod, timeout].forEach((time, i) =>
    message.writeBigUInt64LE(time, TIMES + 8 * i),
  );
  [order.container, order.output, NONE].forEach((fd, i) => {
    message.writeInt32LE(fd, POLLS + 8 * i);
    message.writeInt16LE(POLL_IN, POLLS + 8 * i + 4);
  });
  message.set(order.calls, PROBE_CALLS);
  return message;
}
