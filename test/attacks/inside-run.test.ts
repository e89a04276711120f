// Escapes tried from inside of a RUN, over the rungs of the ladder: system calls, the kernel's files, other processes,
// descriptors, devices, mounts. SECURITY.md has the promises that they stand for.
import test from 'ava';
import { declareInsideAttacks } from '../support/inside-run.js';
import { testNeeding } from '../support/requirements.js';
import { commandAttacks } from './inside-run/commands.js';
import { mountAttacks } from './inside-run/mounts.js';
import { processAttacks } from './inside-run/processes.js';
import { raceAttacks } from './inside-run/races.js';
import { systemCallAttacks } from './inside-run/system-calls.js';

const isPossible = process.platform === 'linux' && process.arch === 'x64';

if (isPossible)
  await declareInsideAttacks([
    ...systemCallAttacks,
    ...commandAttacks,
    ...processAttacks,
    ...mountAttacks,
    ...raceAttacks,
  ]);
else test.skip('attacks from inside of a RUN are programs of x86-64 Linux', (t) => void t.pass());

// Turns a machine where every rung was skipped red when CI requires the sandbox.
testNeeding('sandbox', 'busybox')('this machine can be attacked', (t) => void t.pass());
