// The processes of a container are killed at random moments of its start: what `ps` tells stays right, and nothing is
// left.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root.js';
import { testNeeding } from '../support/requirements.js';

const needing = testNeeding('sandbox', 'busybox', 'tun', 'root');
const ROUNDS = '2';

needing('after a kill -9 of any process the state is right, and nothing is left', (t) => {
  const script = join(projectRoot, 'scripts', 'run', 'crash-matrix.mjs');
  const run = spawnSync(process.execPath, [script, '--rounds', ROUNDS], { encoding: 'utf8' });
  t.is(run.status, 0, `${run.stdout}${run.stderr}`);
});
