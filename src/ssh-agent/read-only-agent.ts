// What a command may do with an agent of the user: list keys and sign with them. All other requests never reach the
// agent; their answers are those of BuildKit's proxy (session/sshforward/sshprovider: readOnlyAgent, behind the server
// of golang.org/x/crypto/ssh/agent).
import { closeSync, openSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { O_DIRECTORY, O_PATH } from '../host/syscalls/open-flags.js';
import {
  FAILURE,
  IDENTITIES_ANSWER,
  readSignRequest,
  REQUEST_IDENTITIES,
  SIGN_REQUEST,
  SIGN_RESPONSE,
} from './requests.js';
import type { Answering } from './serve-connections.js';
import { messagesOf } from './split-messages.js';
import { string, uint32 } from './wire.js';

const SUCCESS = 6;
const EXTENSION = 27;
const EXTENSION_FAILURE = 28;
/** Of the first version of the protocol, which nobody has keys of. */
const V1_REQUEST_IDENTITIES = 1;
const V1_IDENTITIES_ANSWER = 2;
const V1_REMOVE_ALL = 9;

/** A message that reaches the agent, and what it may answer. */
interface Passed {
  readonly request: Buffer;
  readonly expected: number;
}

export function readOnlyAgent(socket: string): Answering {
  return (message) => {
    // As BuildKit does.
    if (message.length === 0) return Promise.resolve(undefined);
    const judged = judge(message);
    return Buffer.isBuffer(judged) ? judged : ask(socket, judged);
  };
}

/** What goes to the agent is put together anew, so that nothing else can be in it. */
function judge(message: Buffer): Passed | Buffer {
  switch (message[0]) {
    case REQUEST_IDENTITIES:
      return { request: Buffer.of(REQUEST_IDENTITIES), expected: IDENTITIES_ANSWER };
    case SIGN_REQUEST:
      return judgeSignature(message);
    case V1_REQUEST_IDENTITIES:
      return Buffer.concat([Buffer.of(V1_IDENTITIES_ANSWER), uint32(0)]);
    case V1_REMOVE_ALL:
      return Buffer.of(SUCCESS);
    case EXTENSION:
      return Buffer.of(EXTENSION_FAILURE);
    default:
      return Buffer.of(FAILURE);
  }
}

function judgeSignature(message: Buffer): Passed | Buffer {
  try {
    const { blob, data, flags } = readSignRequest(message);
    const request = Buffer.concat([Buffer.of(SIGN_REQUEST), string(blob), string(data), uint32(flags)]);
    return { request, expected: SIGN_RESPONSE };
  } catch (error) {
    if (error instanceof RangeError) return Buffer.of(FAILURE);
    throw error;
  }
}

/**
 * Opens a connection for this request alone, so that a command holds no more connections than it has requests under
 * way. Undefined without an agent.
 */
async function ask(socket: string, { request, expected }: Passed): Promise<Buffer | undefined> {
  const agent = connectTo(socket);
  try {
    agent.write(string(request));
    for await (const reply of messagesOf(agent)) return reply[0] === expected ? reply : Buffer.of(FAILURE);
    return undefined;
  } catch (error) {
    // It is not there, or ends: its client sees that as it would see it of the agent itself.
    if (agent.destroyed) return undefined;
    throw error;
  } finally {
    agent.destroy();
  }
}

/** Through the descriptor of its directory: the agent of a build lies in the store, whose path may be long. */
function connectTo(path: string): Socket {
  let fd: number;
  try {
    fd = openSync(dirname(path), O_PATH | O_DIRECTORY);
  } catch (error) {
    // Is seen as any other connection that fails.
    return new Socket().destroy(error as Error);
  }
  const agent = connect(`/proc/self/fd/${fd}/${basename(path)}`);
  closeSync(fd);
  return agent;
}
