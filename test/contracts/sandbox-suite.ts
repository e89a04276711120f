// What every sandbox gives a step and takes from it: dockerfile.md sections 1.8 and 4. Run over drivers.
import test from 'ava';
import { testNeeding } from '../support/requirements.js';
import { openWorld, type SandboxDriver, type World } from '../support/sandbox-world.js';
import { imageRows } from './sandbox-image-rows.js';
import { layerRows } from './sandbox-layer-rows.js';
import { mountRows } from './sandbox-mount-rows.js';
import { processRows } from './sandbox-process-rows.js';
import type { SuiteContext } from './sandbox-suite-context.js';

export function sandboxSuite(driver: SandboxDriver): void {
  let opened: Promise<World> | undefined;
  const needing = testNeeding('sandbox', 'busybox');
  const context: SuiteContext = {
    driver,
    check: (title, run) =>
      needing(`${driver.name}: ${title}`, async (t) => run(t, await (opened ??= openWorld(driver)))),
  };
  test.after.always(async () => (await opened)?.close());
  processRows(context);
  layerRows(context);
  mountRows(context);
  imageRows(context);
}
