// The agent's side of the protocol: lists keys and signs with them; what would change its keys fails (draft-miller-ssh-agent). Pure.
import { signWith, type AgentKey } from './agent-key.js';
import { readWire, string, uint32 } from './wire.js';

const FAILURE = 5;
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;

/** As OpenSSH's agent has it. */
export const MAX_MESSAGE = 256 * 1024;

/** Answers one message; both are without the length in front. */
export function answer(keys: readonly AgentKey[], message: Buffer): Buffer {
  try {
    return reply(keys, message);
  } catch (error) {
    if (error instanceof RangeError) return Buffer.of(FAILURE);
    throw error;
  }
}

function reply(keys: readonly AgentKey[], message: Buffer): Buffer {
  switch (message[0]) {
    case REQUEST_IDENTITIES: {
      const identities = keys.flatMap(({ publicBlob }) => [string(publicBlob), string('')]);
      return Buffer.concat([Buffer.of(IDENTITIES_ANSWER), uint32(keys.length), ...identities]);
    }
    case SIGN_REQUEST: {
      const reader = readWire(message.subarray(1));
      const [blob, data, flags] = [reader.string(), reader.string(), reader.uint32()];
      const key = keys.find(({ publicBlob }) => publicBlob.equals(blob));
      if (!key) return Buffer.of(FAILURE);
      return Buffer.concat([Buffer.of(SIGN_RESPONSE), string(signWith(key, data, flags))]);
    }
    default:
      return Buffer.of(FAILURE);
  }
}

/** Messages out of the bytes of a connection, whatever pieces they come in. Undefined when one is too long: the connection is of no use then. */
export function createSplitter(): (bytes: Buffer) => Buffer[] | undefined {
  let pending: Buffer = Buffer.alloc(0);
  return (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    const messages: Buffer[] = [];
    while (pending.length >= 4) {
      const length = pending.readUInt32BE();
      if (length > MAX_MESSAGE) return undefined;
      if (pending.length < 4 + length) break;
      messages.push(pending.subarray(4, 4 + length));
      pending = pending.subarray(4 + length);
    }
    return messages;
  };
}
