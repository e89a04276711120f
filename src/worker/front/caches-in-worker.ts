// The contents of cache mounts, which a worker has, as their users see them.
import { invariant } from '../../core/errors.js';
import type { SandboxCaches } from '../sandbox.js';
import { untilAborted, type WorkerChannel } from './worker-channel.js';

export function cachesInWorker(channel: WorkerChannel): SandboxCaches {
  const { requests, send } = channel;
  return {
    async isThere(mount) {
      const id = requests.next();
      const answer = await requests.ask(id, () => send({ kind: 'find-cache', id, mount }));
      invariant(answer.kind === 'cache-found', 'a search for a cache mount is answered by what was found');
      return answer.isThere;
    },
    async restore(mount, layer, signal) {
      const id = requests.next();
      await untilAborted(channel, id, signal, () =>
        requests.ask(id, () => send({ kind: 'restore-cache', id, mount, layer })),
      );
    },
    async save(mount, maxBytes, signal) {
      const id = requests.next();
      const answer = await untilAborted(channel, id, signal, () =>
        requests.ask(id, () => send({ kind: 'save-cache', id, mount, maxBytes })),
      );
      invariant(answer.kind === 'cache-saved', 'a cache mount that is saved is answered by what came of it');
      return answer.saved;
    },
  };
}
