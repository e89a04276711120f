// The input of a process: what is written is taken as fast as the process reads it.
import { Socket } from 'node:net';

export interface ProcessInput {
  /** Resolves when all of it was taken; false when nobody reads any more. */
  write(data: Uint8Array): Promise<boolean>;
  /** The end of the file, behind what was written before. */
  end(): void;
  /** Nobody reads any more. Idempotent. */
  close(): void;
}

/** Into a pipe, which holds 64 KiB (pipe(7)). @param fd is closed with it */
export function pipeInput(fd: number): ProcessInput {
  const pipe = new Socket({ fd, readable: false, writable: true });
  // EPIPE: each write that is not taken tells it.
  pipe.on('error', () => {});
  return {
    write: (data) =>
      new Promise((resolve) => {
        if (!pipe.writable) return resolve(false);
        pipe.write(data, (error) => resolve(!error));
      }),
    end: () => void pipe.end(),
    close: () => void pipe.destroy(),
  };
}
