// Runs a scenario of test/support/network-scenarios.ts as a worker of containers runs: in a user namespace with the ids
// of builds. Its answer is JSON on the standard output.
// Usage: node network-rig.js SCENARIO
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { writeIdMaps } from '../../src/worker/front/id-maps.js';

const [, , scenario = ''] = process.argv;
const inside = fileURLToPath(new URL('network-scenarios.js', import.meta.url));
const child = spawn(
  'unshare',
  ['--user', '--keep-caps', '--mount', '--', process.execPath, inside, scenario],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
  },
);
// It says a byte when its namespace is there.
await once(child.stdout, 'data');
await writeIdMaps(child.pid ?? 0);
child.stdin.end('\n');
child.stdout.pipe(process.stdout);
const [code] = (await once(child, 'exit')) as [number | null];
process.exitCode = code ?? 1;
