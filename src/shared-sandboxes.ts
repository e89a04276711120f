// Sandboxes that several builds of one engine use: each that is asked for in the same way is opened once, and ends when
// all builds have ended.
import { closeAll } from './core/close-after.js';
import type { Engine, SandboxRequest } from './engine.js';
import type { BuildSandbox } from './worker/front/ladder.js';

export interface SharedSandboxes {
  readonly open: Engine['openSandbox'];
  /** The signal is to be aborted first: what still runs is waited for. */
  close(): Promise<void>;
}

/** @param signal ends them all: that of one build does not */
export function createSharedSandboxes(
  openSandbox: Engine['openSandbox'],
  signal: AbortSignal,
): SharedSandboxes {
  const opened = new Map<string, Promise<BuildSandbox>>();
  return {
    async open(wanted) {
      const key = keyOf(wanted);
      let sandbox = opened.get(key);
      if (!sandbox) opened.set(key, (sandbox = openSandbox({ ...wanted, signal })));
      return lent(await sandbox);
    },
    close: () =>
      closeAll(
        [...opened.values()].map(
          (sandbox) => () =>
            sandbox.then(
              ({ dispose }) => dispose(),
              () => undefined,
            ),
        ),
      ),
  };
}

function keyOf({ isolation, request: { network, resources, runtime } }: SandboxRequest): string {
  return JSON.stringify([isolation, network, resources, runtime]);
}

/** A build gives it back, and does not end it. */
function lent(sandbox: BuildSandbox): BuildSandbox {
  return {
    ...sandbox,
    async release() {
      await sandbox.settle();
      return true;
    },
    dispose: () => Promise.resolve(),
  };
}
