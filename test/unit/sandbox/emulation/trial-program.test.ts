import test from 'ava';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ARCHITECTURES,
  architectureOf,
  architectureOfProgram,
} from '../../../../src/sandbox/emulation/architectures.js';
import { trialProgram } from '../../../../src/sandbox/emulation/trial-program.js';
import { executesHere } from '../../../../src/worker/front/executes-here.js';
import { testNeeding } from '../../../support/requirements.js';
import { tempDir } from '../../../support/temp-store.js';

test('there is a program for each architecture, and it is one of it', (t) => {
  for (const architecture of ARCHITECTURES) {
    const program = trialProgram(architecture);
    t.is(architectureOfProgram(program), architecture.name);
    t.true(program.length > 80);
  }
});

testNeeding('qemu')('every program ends with 0', (t) => {
  const folder = tempDir(t);
  for (const architecture of ARCHITECTURES) {
    const path = join(folder, architecture.name);
    writeFileSync(path, trialProgram(architecture), { mode: 0o755 });
    const { status, stderr } = spawnSync(`qemu-${architecture.qemu}-static`, [path], { encoding: 'utf8' });
    t.is(status, 0, `${architecture.name}: ${stderr}`);
  }
});

test('this machine executes its own program, and nothing that is none', async (t) => {
  const own = architectureOf(process.arch === 'x64' ? 'amd64' : process.arch)!;
  t.true(await executesHere(trialProgram(own)));
  t.false(await executesHere(Buffer.from('exit 0\n')), 'no shell reads it');
  t.false(await executesHere(Buffer.from('#!/bin/false\n')));
  const alien = Buffer.from(trialProgram(own));
  alien.writeUInt16LE(0xfffe, 18);
  t.false(await executesHere(alien));
});
