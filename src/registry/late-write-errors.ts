// A server may answer before it has read the body, and close: the next write fails while the answer still lies unread
// in the kernel, and Node throws both away. Here a failed write is reported a little later, so that the answer is read
// first; Go's client waits likewise (net/http/transport.go, persistConn.roundTrip).
import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { errnoOf } from '../core/errno.js';

const LATE_MS = 50;
const BROKEN = new Set(['EPIPE', 'ECONNRESET', 'ECONNABORTED']);

type Callback = (error?: Error | null) => void;
type Connect = (this: Agent, ...args: unknown[]) => Socket | undefined;

function late(callback: Callback): Callback {
  return (error) => {
    // Others, as that the server speaks no TLS, say more than the end of the connection which follows them.
    const isBroken = error && BROKEN.has(errnoOf(error) ?? '');
    if (isBroken) setTimeout(callback, LATE_MS, error);
    else callback(error);
  };
}

function delayWriteErrors(socket: Socket): Socket {
  const { _write: write, _writev: writev } = socket;
  socket._write = (chunk, encoding, callback) => write.call(socket, chunk, encoding, late(callback));
  if (writev) socket._writev = (chunks, callback) => writev.call(socket, chunks, late(callback));
  return socket;
}

/** The same agent, whose connections report failed writes late. */
export function withLateWriteErrors<T extends Agent>(agent: T): T {
  const maker = agent as unknown as { createConnection: Connect };
  const connect = maker.createConnection;
  maker.createConnection = function (...args) {
    const socket = connect.apply(this, args);
    return socket && delayWriteErrors(socket);
  };
  return agent;
}
