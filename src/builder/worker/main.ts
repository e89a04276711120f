// The worker: PID 1 of a user, mount and pid namespace, one per build. It lives as long as its channel to the front; with it die all
// launchers, commands and mounts (design.md section 4). It speaks first, so that the front makes its ids while the rest is loaded.
import type { FromWorker, ToWorker } from './protocol.js';

function main(): void {
  const early: ToWorker[] = [];
  let take: (message: ToWorker) => unknown = (message) => early.push(message);
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToWorker) => take(message));
  process.send?.({ kind: 'hello' } satisfies FromWorker);
  void import('./serve.js').then(({ serve }) => {
    take = serve();
    early.forEach((message) => take(message));
  });
}

main();
