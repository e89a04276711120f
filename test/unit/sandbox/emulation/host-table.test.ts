import test from 'ava';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { architectureOf } from '../../../../src/sandbox/emulation/architectures.js';
import {
  entryFor,
  parseHostEntry,
  readHostTable,
  type HostEntry,
} from '../../../../src/sandbox/emulation/host-table.js';
import { tempDir } from '../../../support/temp-store.js';

/** As the kernel shows what Debian registers. */
const ENTRY = `enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: POF
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
`;
const ARM64 = architectureOf('arm64')!;

function entry(from: string, to: string): HostEntry {
  return parseHostEntry(ENTRY.replace(from, to))!;
}

test('an entry of the host', (t) => {
  const parsed = parseHostEntry(ENTRY)!;
  t.like(parsed, {
    isEnabled: true,
    interpreter: '/usr/libexec/qemu-binfmt/aarch64-binfmt-P',
    flags: 'POF',
    offset: 0,
  });
  t.is(entryFor(ARM64, [parsed]), parsed);
  t.is(entryFor(architectureOf('riscv64')!, [parsed]), undefined);
});

test('an entry without a mask is compared as a whole', (t) => {
  const parsed = parseHostEntry(ENTRY.replace(/mask .*\n/, ''))!;
  t.is(parsed.mask.toString('hex'), 'ff'.repeat(20));
  t.is(entryFor(ARM64, [parsed]), undefined, 'it knows programs at fixed addresses only');
});

test('an entry helps when it is switched on, for every root file system, and for this architecture', (t) => {
  t.is(entryFor(ARM64, [entry('enabled', 'disabled')]), undefined);
  t.is(entryFor(ARM64, [entry('flags: POF', 'flags: PO')]), undefined);
  t.is(entryFor(ARM64, [entry('0200b700', '0200f300')]), undefined);
  t.is(entryFor(ARM64, [entry('offset 0', 'offset 4')]), undefined);
  const shorter = entry('flags: POF', 'flags: F');
  t.is(entryFor(ARM64, [entry('enabled', 'disabled'), shorter]), shorter);
});

test('entries by the names of files, and what is none, count as absent', (t) => {
  for (const text of ['', 'enabled\n', 'enabled\ninterpreter /x\nflags: \nextension .jar\n', 'disabled'])
    t.is(parseHostEntry(text), undefined);
  t.is(parseHostEntry(ENTRY.replace(/magic .*/, 'magic 7g')), undefined);
});

test('the table is read as a directory; one that is off has no entries, and one that is not there is not known', (t) => {
  const directory = tempDir(t);
  t.is(readHostTable(directory), undefined);
  t.is(readHostTable(join(directory, 'none')), undefined);
  for (const [name, text] of Object.entries({ status: 'enabled\n', register: '', arm: ENTRY, odd: 'x' }))
    writeFileSync(join(directory, name), text);
  mkdirSync(join(directory, 'folder'));
  t.is(readHostTable(directory)?.length, 1);
  writeFileSync(join(directory, 'status'), 'disabled\n');
  t.deepEqual(readHostTable(directory), []);
});
