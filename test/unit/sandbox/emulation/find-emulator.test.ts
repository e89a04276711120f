import test from 'ava';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { architectureOf, type Architecture } from '../../../../src/sandbox/emulation/architectures.js';
import { findEmulator, isStatic, versionOf } from '../../../../src/sandbox/emulation/find-emulator.js';
import { trialProgram } from '../../../../src/sandbox/emulation/trial-program.js';
import { tempDir } from '../../../support/temp-store.js';

/** One that no machine has. */
const ODD: Architecture = { ...architectureOf('arm64')!, name: 'odd', qemu: 'odd' };
const STATIC = trialProgram(architectureOf('amd64')!);

function emulatorFile(version: string): Buffer {
  return Buffer.concat([STATIC, Buffer.from(`\0qemu-odd version ${version} (Debian)\n\0`)]);
}

test.serial(
  'the emulator is found in $PATH by its two names, the one that says that it needs no library first',
  async (t) => {
    const path = process.env['PATH'];
    const folder = tempDir(t);
    t.teardown(() => (process.env['PATH'] = path));
    process.env['PATH'] = folder;
    t.is(await findEmulator(ODD), undefined);
    writeFileSync(join(folder, 'qemu-odd'), emulatorFile('9.1.0'), { mode: 0o755 });
    t.deepEqual(await findEmulator(ODD), {
      architecture: 'odd',
      path: join(folder, 'qemu-odd'),
      takesName: true,
    });
    writeFileSync(join(folder, 'file'), emulatorFile('5.2.0'), { mode: 0o755 });
    symlinkSync('file', join(folder, 'qemu-odd-static'));
    t.deepEqual(await findEmulator(ODD), {
      architecture: 'odd',
      path: join(folder, 'file'),
      takesName: false,
    });
    writeFileSync(join(folder, 'file'), readFileSync(process.execPath), { mode: 0o755 });
    t.is((await findEmulator(ODD))?.path, join(folder, 'qemu-odd'), 'Node needs libraries');
  },
);

test('a program that names a loader is not static, nor is what is no program of this machine', (t) => {
  t.true(isStatic(STATIC));
  t.false(isStatic(readFileSync(process.execPath)));
  t.false(isStatic(Buffer.from('#!/bin/sh\n'.repeat(20))));
  t.false(isStatic(trialProgram(architectureOf('arm')!)));
  for (const length of [0, 4, 63, 64, 65]) t.false(isStatic(STATIC.subarray(0, length)));
});

test('the version is read from the file', (t) => {
  t.is(versionOf(emulatorFile('10.0.2'), ODD), 10);
  t.is(versionOf(emulatorFile('7.2.22'), ODD), 7);
  t.is(versionOf(STATIC, ODD), undefined);
  t.is(versionOf(emulatorFile('x'), ODD), undefined);
});
