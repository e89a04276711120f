// The messages that make a launcher watch the notifications of a seccomp filter, and let those that wait go on (x64.s
// says what it does then). Pure.
import { CHANNEL } from './launcher-code.js';

/**
 * Where in the message the machine code has what: two struct pollfd, struct seccomp_notif, struct seccomp_notif_resp,
 * numbers, a list.
 */
const LISTENER_POLL = 8;
const CHANNEL_POLL = 16;
const RESPONSE = 104;
const NUMBERS = 128;
const MAX_NUMBERS = 4;
const MESSAGE_BYTES = NUMBERS + 4 * MAX_NUMBERS;

/** In the place of a number of calls. */
const WATCH = -1n;
/** In the place of a call's. */
const NO_CALL = -1;
const POLL_IN = 1;
/**
 * The kernel executes the call as it stands. Its arguments may have changed meanwhile. That does no harm: the call was
 * only delayed, not judged, and the network namespace bounds what the command can reach.
 */
const FLAG_CONTINUE = 1;

/**
 * @param listener the launcher's descriptor of the notifications
 * @param answered numbers of the calls that somebody else answers, four at most
 */
export function watchMessage(listener: number, answered: readonly number[]): Buffer {
  const message = Buffer.alloc(MESSAGE_BYTES);
  message.writeBigInt64LE(WATCH, 0);
  for (const [at, fd] of [
    [LISTENER_POLL, listener],
    [CHANNEL_POLL, CHANNEL],
  ] as const) {
    message.writeInt32LE(fd, at);
    message.writeInt16LE(POLL_IN, at + 4);
  }
  message.writeUInt32LE(FLAG_CONTINUE, RESPONSE + 20);
  for (let i = 0; i < MAX_NUMBERS; i++) message.writeInt32LE(answered[i] ?? NO_CALL, NUMBERS + 4 * i);
  return message;
}

/** For a launcher that watches. */
export function releaseMessage(): Buffer {
  const message = Buffer.alloc(8);
  message.writeBigInt64LE(WATCH, 0);
  return message;
}
