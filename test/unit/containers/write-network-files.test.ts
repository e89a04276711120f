// Files that are mounted in a container stay the same files.
import test from 'ava';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  renewHostsFile,
  writeHostsFile,
  writeNetworkFile,
} from '../../../src/containers/write-network-files.js';

function inFolder(work: (hosts: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-hosts-'));
  try {
    work(join(folder, 'hosts'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a renewed file has the same inode, and keeps what was appended', (t) =>
  inFolder((hosts) => {
    writeHostsFile(hosts, 'a long line\n');
    const { ino } = statSync(hosts);
    renewHostsFile(hosts, 'b\n');
    t.is(readFileSync(hosts, 'utf8'), 'b\n');
    appendFileSync(hosts, '10.0.0.1 mine\n');
    renewHostsFile(hosts, 'c\nd\n');
    t.is(readFileSync(hosts, 'utf8'), 'c\nd\n10.0.0.1 mine\n');
    writeHostsFile(hosts, 'anew\n');
    t.is(readFileSync(hosts, 'utf8'), 'anew\n');
    t.is(statSync(hosts).ino, ino);
  }));

test('a file that its user changed is left alone', (t) =>
  inFolder((hosts) => {
    writeHostsFile(hosts, 'a\n');
    writeFileSync(hosts, 'mine\n');
    renewHostsFile(hosts, 'b\n');
    t.is(readFileSync(hosts, 'utf8'), 'mine\n');
  }));

test('a container that is gone is nothing, a file that is too large is left alone', (t) =>
  inFolder((hosts) => {
    t.notThrows(() => renewHostsFile(hosts, 'b\n'));
    writeHostsFile(hosts, 'a\n');
    appendFileSync(hosts, 'x'.repeat(2 << 20));
    renewHostsFile(hosts, 'b\n');
    t.is(statSync(hosts).size, 2 + (2 << 20));
    rmSync(hosts);
    t.notThrows(() => renewHostsFile(hosts, 'c\n'));
  }));

test('a link is never written through', (t) =>
  inFolder((hosts) => {
    writeFileSync(`${hosts}.other`, 'other\n');
    symlinkSync(`${hosts}.other`, hosts);
    t.throws(() => writeNetworkFile(hosts, 'a\n'), { code: 'STORE_UNWRITABLE' });
    t.is(readFileSync(`${hosts}.other`, 'utf8'), 'other\n');
  }));
