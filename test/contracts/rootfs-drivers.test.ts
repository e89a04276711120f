// The file systems for steps that need no program pass one suite, and a store on an overlay is refused by the kernel's
// one.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyDriver } from '../../src/rootfs/copy-driver.js';
import { mountOverlay } from '../../src/rootfs/overlay.js';
import { overlayDriver } from '../../src/rootfs/overlay-driver.js';
import { plainOwnership } from '../../src/rootfs/ownership.js';
import { loadSyscalls } from '../../src/host/syscalls/system-calls.js';
import { chooseDriver } from '../../src/rootfs/choose-driver.js';
import { testNeeding } from '../support/requirements.js';
import { rootfsSuite } from './rootfs-suite.js';

rootfsSuite({ name: 'overlay', open: (calls) => overlayDriver(calls, plainOwnership) });
rootfsSuite({
  name: 'copy',
  open: (calls, keepIn) => copyDriver(calls, { ownership: plainOwnership, keepIn }),
});

testNeeding('root')(
  'a store on an overlay: the overlay is refused, and another driver says why',
  async (t) => {
    const calls = await loadSyscalls();
    const root = mkdtempSync(join(tmpdir(), 'tsbuild-overlay-'));
    const at = (name: string): string => join(root, name);
    for (const name of ['lower', 'upper', 'work', 'target']) mkdirSync(at(name));
    mountOverlay(calls, {
      lowers: [at('lower')],
      upper: at('upper'),
      work: at('work'),
      target: at('target'),
    });
    try {
      const place = { trees: at('target'), ownership: plainOwnership };
      const { driver, note } = await chooseDriver(calls, { ...place, requested: undefined });
      t.not(driver.name, 'overlay');
      t.regex(note ?? '', /refuses an overlay mount/);
      await t.throwsAsync(chooseDriver(calls, { ...place, requested: 'overlay' }), {
        code: 'SANDBOX_NO_OVERLAY',
      });
    } finally {
      calls.detach(at('target'));
      rmSync(root, { recursive: true });
    }
  },
);
