import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LATER_CODE, laterProgram } from '../../../../src/sandbox/later/later-code.js';
import { projectRoot } from '../../../support/project-root.js';
import { testNeeding } from '../../../support/requirements.js';

/** Name of the machine to the prefix of its binutils. */
const PREFIXES = { x64: 'x86_64-linux-gnu-', arm64: 'aarch64-linux-gnu-' } as const;

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-later-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const machine of ['x64', 'arm64'] as const) {
  testNeeding('assemblers')(`the code for ${machine} is what its file assembles to`, (t) => {
    inFolder((folder) => {
      const [object, code] = [join(folder, 'object'), join(folder, 'code')];
      const source = join(projectRoot, 'src/sandbox/later', `${machine}.s`);
      execFileSync(`${PREFIXES[machine]}as`, [source, '-o', object]);
      execFileSync(`${PREFIXES[machine]}objcopy`, ['-O', 'binary', '-j', '.text', object, code]);
      t.is(LATER_CODE[machine].replaceAll(/\s/g, ''), readFileSync(code, 'hex'));
    });
  });

  const needs = machine === process.arch ? [] : (['qemu'] as const);
  testNeeding(...needs)(`the program for ${machine} waits and executes another one`, (t) => {
    inFolder((folder) => {
      const program = join(folder, 'later');
      writeFileSync(program, laterProgram(machine, 150), { mode: 0o700 });
      const words = machine === process.arch ? [program] : ['qemu-aarch64-static', program];
      const execute = (...args: readonly string[]) => {
        const [command = '', ...rest] = [...words, ...args];
        return spawnSync(command, rest, { encoding: 'utf8', env: { ...process.env, GIVEN: 'env' } });
      };
      const begin = performance.now();
      t.is(execute('/bin/sh', '-c', 'echo "$0 $1 $GIVEN"', 'zero', 'one').stdout, 'zero one env\n');
      t.true(performance.now() - begin >= 150);
      t.is(execute(join(folder, 'none')).status, 127);
    });
  });
}
