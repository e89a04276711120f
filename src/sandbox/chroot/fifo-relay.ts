// Reads what a command writes to a FIFO, as output of the command. The relay keeps the FIFO open for writing itself.
// Otherwise the reader would see an end when the first writer closes it.
import { closeSync, constants, openSync } from 'node:fs';
import { drain } from '../../host/drain.js';

export interface FifoRelay {
  /** Resolves when all that was written is taken. Nobody else may have the FIFO open any more. */
  close(): Promise<void>;
}

export function relayFifo(path: string, take: (data: Buffer) => Promise<void>): FifoRelay {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let writer: number;
  try {
    writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    closeSync(reader);
    throw error;
  }
  const drained = drain(reader, take);
  // Awaited at the end; until then a failure waits.
  drained.catch(() => {});
  return {
    async close() {
      closeSync(writer);
      await drained;
    },
  };
}
