// Reading what comes over a pipe, a FIFO or a terminal.
import { Socket } from 'node:net';

/** Hands out what comes until nobody can write any more, one piece after the other, and closes the descriptor. */
export async function drain(fd: number, take: (data: Buffer) => Promise<void>): Promise<void> {
  const input = new Socket({ fd, readable: true, writable: false });
  for await (const data of input) await take(data as Buffer);
}
