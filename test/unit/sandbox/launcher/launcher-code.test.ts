import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAUNCHER_CODE, launcherProgram } from '../../../../src/sandbox/launcher/launcher-code.js';
import { projectRoot } from '../../../support/project-root.js';
import { testNeeding } from '../../../support/requirements.js';

/** Name of the machine to the prefix of its binutils. */
const PREFIXES = { x64: 'x86_64-linux-gnu-', arm64: 'aarch64-linux-gnu-' } as const;

/** Its files, in the order in which they are assembled. */
const PARTS = ['', '-orders', '-monitor', '-init', '-probe'];

for (const machine of ['x64', 'arm64'] as const) {
  testNeeding('assemblers')(`the code for ${machine} is what its files assemble to`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tsbuild-assemble-'));
    try {
      const [object, code] = [join(folder, 'object'), join(folder, 'code')];
      const sources = PARTS.map((part) => join(projectRoot, 'src/sandbox/launcher', `${machine}${part}.s`));
      execFileSync(`${PREFIXES[machine]}as`, [...sources, '-o', object]);
      execFileSync(`${PREFIXES[machine]}objcopy`, ['-O', 'binary', '-j', '.text', object, code]);
      t.is(LAUNCHER_CODE[machine].replaceAll(/\s/g, ''), readFileSync(code, 'hex'));
      t.true(launcherProgram(machine).subarray(-readFileSync(code).length).equals(readFileSync(code)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
