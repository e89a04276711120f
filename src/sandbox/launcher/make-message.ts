// The messages that make a launcher fork, or rest (x64-orders.s says what it does then). Pure.

const MAKE = -2n;
const REST = -4n;

/**
 * Its answer is that of a first message: the id of the child, or a negative errno, and the address of messages.
 * @param socket the launcher's descriptor of the socket that becomes the channel of the child
 * @param flags of clone(2)
 */
export function makeMessage(socket: number, flags: number): Buffer {
  const message = Buffer.alloc(24);
  message.writeBigInt64LE(MAKE, 0);
  message.writeBigUInt64LE(BigInt(flags), 8);
  message.writeBigInt64LE(BigInt(socket), 16);
  return message;
}

/** The launcher closes its channel, and waits for a signal that ends it. It has no answer. */
export function restMessage(): Buffer {
  const message = Buffer.alloc(8);
  message.writeBigInt64LE(REST, 0);
  return message;
}
