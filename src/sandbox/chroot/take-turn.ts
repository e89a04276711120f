// Lets only one command run at a time where nothing else keeps commands from handing descriptors to each other. They
// could do so over abstract sockets. So the turn is an abstract socket too: it is held in the network namespace in
// which commands could meet, whatever their stores are, and is free as soon as its holder is gone.
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../../core/errors.js';

const NAME = '\0tsbuild-chroot-command';
const POLL_MS = 50;

/** @returns what ends the turn. @throws TsbuildError ABORTED */
export async function takeTurn(signal: AbortSignal, name: string = NAME): Promise<() => void> {
  for (;;) {
    const server = await hold(name);
    if (server) return () => void server.close();
    if (signal.aborted)
      throw new TsbuildError('ABORTED', 'interrupted while waiting for the processes of another build');
    await sleep(POLL_MS);
  }
}

/** Of a container, which outlives the process that takes it: whoever has the descriptor holds the turn. */
export interface HeldTurn {
  readonly descriptor: number;
  end(): void;
}

/** Undefined when somebody else holds it. */
export async function takeTurnNow(name: string = NAME): Promise<HeldTurn | undefined> {
  const server = await hold(name);
  if (!server) return undefined;
  const { fd } = (server as Server & { readonly _handle: { readonly fd: number } })._handle;
  return { descriptor: fd, end: () => void server.close() };
}

/** Undefined when somebody holds it. */
function hold(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(name, () => resolve(server));
  });
}
