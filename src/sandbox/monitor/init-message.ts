// The order to a launcher that is PID 1 of a container to become its init (launcher/x64-init.s says what it does then).
// Pure.

const INIT = -5n;

/**
 * Its answer is that of an order to make. Afterwards the child answers in the launcher's place. It has the session of
 * the launcher until it starts one: to be ordered before a session and a terminal are set up.
 */
export function initMessage(): Buffer {
  const message = Buffer.alloc(8);
  message.writeBigInt64LE(INIT, 0);
  return message;
}
