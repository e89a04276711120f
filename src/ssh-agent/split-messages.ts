// Messages out of the bytes of a connection to or from an agent: each has its length in front (draft-miller-ssh-agent
// section 3). Pure.

/** Bytes of the longest message, as OpenSSH's agent and its clients have it. */
export const MAX_MESSAGE = 256 * 1024;

const LENGTH_BYTES = 4;

/**
 * Takes bytes in whatever pieces they come, and gives the messages that are whole, without their length. Undefined when
 * one is longer than any may be: the connection is of no use then.
 */
export function createSplitter(): (bytes: Buffer) => Buffer[] | undefined {
  let pieces: Buffer[] = [];
  let length = 0;
  let wanted = LENGTH_BYTES;
  return (bytes) => {
    pieces.push(bytes);
    length += bytes.length;
    if (length < wanted) return [];
    let pending = Buffer.concat(pieces, length);
    const messages: Buffer[] = [];
    for (wanted = LENGTH_BYTES; pending.length >= wanted; wanted = LENGTH_BYTES) {
      wanted += pending.readUInt32BE();
      if (wanted > LENGTH_BYTES + MAX_MESSAGE) return undefined;
      if (pending.length < wanted) break;
      messages.push(pending.subarray(LENGTH_BYTES, wanted));
      pending = pending.subarray(wanted);
    }
    pieces = [pending];
    ({ length } = pending);
    return messages;
  };
}

/**
 * The messages of a stream, one after the other. It ends where the stream ends, breaks off, or has a message that is
 * too long.
 */
export async function* messagesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const split = createSplitter();
  for await (const bytes of stream) {
    const messages = split(bytes);
    if (!messages) return;
    yield* messages;
  }
}
