// A build that is killed or interrupted at any moment leaves nothing behind. `node scripts/kill-test.mjs 50` is the long form.
import { spawnSync } from 'node:child_process';
import { testNeeding } from '../support/requirements.js';

testNeeding('sandbox')(
  'a killed build leaves no process, no mount and a valid store, and the next one is right',
  (t) => {
    t.timeout(300_000);
    const run = spawnSync(process.execPath, ['scripts/kill-test.mjs', '5'], { encoding: 'utf8' });
    t.is(run.status, 0, `${run.stdout}${run.stderr}`);
  },
);
