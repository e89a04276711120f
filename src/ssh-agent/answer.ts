// The agent's side of the protocol: lists keys and signs with them; what would change its keys fails
// (draft-miller-ssh-agent). Pure.
import { signWith, type AgentKey } from './agent-key.js';
import {
  FAILURE,
  IDENTITIES_ANSWER,
  readSignRequest,
  REQUEST_IDENTITIES,
  SIGN_REQUEST,
  SIGN_RESPONSE,
} from './requests.js';
import { string, uint32 } from './wire.js';

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
      const { blob, data, flags } = readSignRequest(message);
      const key = keys.find(({ publicBlob }) => publicBlob.equals(blob));
      if (!key) return Buffer.of(FAILURE);
      return Buffer.concat([Buffer.of(SIGN_RESPONSE), string(signWith(key, data, flags))]);
    }
    default:
      return Buffer.of(FAILURE);
  }
}
