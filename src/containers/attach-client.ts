// A client of a container's monitor: gets every record of output from the moment it connects to the end record.
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { decodeRecords, type LogRecord } from './logs/log-records.js';
import type { ContainerPaths } from './container-paths.js';

export interface AttachClient {
  /**
   * Hands out records until the end record, or until the monitor is gone. `take` may hold them back.
   * @returns the end; undefined when there was none, or `leave` was called
   */
  follow(take: (record: OutputRecord) => Promise<void> | void): Promise<EndRecord | undefined>;
  /** The monitor closes its copy of the input. */
  takeOverInput(): void;
  /** Idempotent. */
  leave(): void;
}

export type OutputRecord = Extract<LogRecord, { data: Buffer }>;
export type EndRecord = Extract<LogRecord, { stream: 'end' }>;

/** @throws ENOENT | ECONNREFUSED of Node when no monitor listens */
export async function connectToMonitor({ directory }: ContainerPaths): Promise<AttachClient> {
  const socket = await open(directory);
  return {
    follow: (take) => follow(socket, take),
    takeOverInput: () => void socket.write('x'),
    leave: () => void socket.destroy(),
  };
}

/** By a descriptor of the folder: the path of a socket must be short (unix(7)). */
function open(directory: string): Promise<Socket> {
  const folder = openSync(directory, 'r');
  return new Promise<Socket>((resolve, reject) => {
    const socket = connect({ path: `/proc/self/fd/${folder}/attach`, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  }).finally(() => closeSync(folder));
}

async function follow(
  socket: Socket,
  take: (record: OutputRecord) => Promise<void> | void,
): Promise<EndRecord | undefined> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of socket) {
      const decoded = decodeRecords(Buffer.concat([rest, chunk as Buffer]));
      rest = decoded.rest;
      for (const record of decoded.records) {
        if (record.stream === 'end') return record;
        await take(record);
      }
    }
  } catch (error) {
    // It was left, or the monitor was killed.
    if (!['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  } finally {
    socket.destroy();
  }
  return undefined;
}
