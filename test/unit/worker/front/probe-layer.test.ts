import test from 'ava';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probeEntries, type ProbeArchitecture } from '../../../../src/worker/front/probe-layer.js';
import { tempDir } from '../../../support/temp-store.js';

function programOf(architecture: ProbeArchitecture): Uint8Array {
  const [entry] = probeEntries(architecture);
  if (entry?.kind !== 'node' || entry.node.content?.kind !== 'bytes') throw new Error('not a program');
  return entry.node.content.data;
}

test('both programs are executables of their machine', (t) => {
  t.is(Buffer.from(programOf('x64')).readUInt16LE(18), 62);
  t.is(Buffer.from(programOf('arm64')).readUInt16LE(18), 183);
});

const { arch, platform } = process;
if (platform === 'linux' && (arch === 'x64' || arch === 'arm64'))
  test('the program of this machine does nothing and succeeds', (t) => {
    const path = join(tempDir(t), 'probe');
    writeFileSync(path, programOf(arch));
    chmodSync(path, 0o755);
    t.is(spawnSync(path).status, 0);
  });
