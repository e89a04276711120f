// What every sandbox gives a step and takes from it, as BuildKit's executor/oci does. Run over drivers.
import test, { type ExecutionContext } from 'ava';
import { testNeeding } from '../support/requirements.js';
import { openWorld, type SandboxDriver, type World } from '../support/sandbox-world.js';
import { cacheRows } from './sandbox-cache-rows.js';
import { idRows } from './sandbox-id-rows.js';
import { imageRows } from './sandbox-image-rows.js';
import { layerRows } from './sandbox-layer-rows.js';
import { mountRows } from './sandbox-mount-rows.js';
import { processRows } from './sandbox-process-rows.js';
import { rootfsRows } from './sandbox-rootfs-rows.js';
import { socketRows } from './sandbox-socket-rows.js';
import { terminalRows } from './sandbox-terminal-rows.js';
import type { SuiteContext } from './sandbox-suite-context.js';

export function sandboxSuite(driver: SandboxDriver): void {
  let opened: Promise<World> | undefined;
  const needing = testNeeding(
    ...(driver.isWithoutNamespaces ? [] : (['sandbox'] as const)),
    'busybox',
    ...(driver.needs ?? []),
  );
  const unheld = new Map(Object.entries(driver.unheld ?? {}));
  const context: SuiteContext = {
    driver,
    check(title, run) {
      const reason = unheld.get(title);
      unheld.delete(title);
      const row = async (t: ExecutionContext): Promise<void> => run(t, await (opened ??= openWorld(driver)));
      if (reason === undefined) needing(`${driver.name}: ${title}`, row);
      else test.skip(`${driver.name}: ${title} [${reason}]`, row);
    },
  };
  test.after.always(async () => (await opened)?.close());
  processRows(context);
  layerRows(context);
  mountRows(context);
  cacheRows(context);
  imageRows(context);
  socketRows(context);
  idRows(context);
  rootfsRows(context);
  terminalRows(context);
  test(`${driver.name}: every row that it does not hold is a row of the suite`, (t) =>
    t.deepEqual([...unheld.keys()], []));
}
