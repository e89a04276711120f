// The worker: PID 1 of a user, mount and pid namespace, one per build. It lives as long as its channel to the front;
// with it die all launchers, commands and mounts. It speaks first, so that the front makes its ids while the rest is
// loaded.
import { Socket } from 'node:net';
import { encodeFrame, frameDecoder } from '../core/frames.js';
import { CHANNEL, type FromWorker, type ToWorker } from './protocol.js';

function main(): void {
  const channel = new Socket({ fd: CHANNEL, readable: true, writable: true });
  // It fails, or ends, only when the front is gone.
  channel.on('error', () => process.exit(0));
  channel.on('close', () => process.exit(0));
  const send = (message: FromWorker): Promise<void> =>
    new Promise((resolve) => void channel.write(encodeFrame(message), () => resolve()));
  const early: ToWorker[] = [];
  let take: (message: ToWorker) => unknown = (message) => early.push(message);
  channel.on(
    'data',
    frameDecoder<ToWorker>((message) => take(message)),
  );
  void send({ kind: 'hello' });
  void import('./serve.js').then(({ serve }) => {
    take = serve(send);
    early.forEach((message) => take(message));
  });
}

main();
