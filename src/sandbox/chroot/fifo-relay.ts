// Reads a FIFO that a step may write to by its name, as output of the step. The relay writes to it itself, so that it does not end
// with the first writer.
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

export interface FifoRelay {
  /** Resolves when all that was written is taken. Nobody else may have the FIFO open any more. */
  close(): Promise<void>;
}

export function relayFifo(path: string, take: (data: Buffer) => Promise<void>): FifoRelay {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd: reader, readable: true, writable: false });
  const drained = drain(socket, take);
  // Awaited at the end; until then a failure waits.
  drained.catch(() => {});
  return {
    async close() {
      closeSync(writer);
      await drained;
    },
  };
}

async function drain(socket: Socket, take: (data: Buffer) => Promise<void>): Promise<void> {
  for await (const data of socket) await take(data as Buffer);
}
