// What is asked of an agent that only lists and signs (draft-miller-ssh-agent section 5.1). Pure.
import { readWire } from './wire.js';

export const FAILURE = 5;
export const REQUEST_IDENTITIES = 11;
export const IDENTITIES_ANSWER = 12;
export const SIGN_REQUEST = 13;
export const SIGN_RESPONSE = 14;

export interface SignRequest {
  /** The public key. */
  readonly blob: Buffer;
  readonly data: Buffer;
  readonly flags: number;
}

/** Of a message of that type. @throws RangeError when it is cut short or has more behind it */
export function readSignRequest(message: Buffer): SignRequest {
  const reader = readWire(message.subarray(1));
  const request = { blob: reader.string(), data: reader.string(), flags: reader.uint32() };
  if (reader.rest().length > 0) throw new RangeError('more than a request to sign');
  return request;
}
