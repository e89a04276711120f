// What koffi's calls say of an object is what Node says.
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { closeSync, linkSync, mkdirSync, openSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createFileStatuses } from '../../../../src/layer/host/file-status.js';
import { tempDir } from '../tar/support/temp-dir.js';

const node = createFileStatuses({ callsOfNode: Infinity });

test('every kind of object looks the same to both', async (t) => {
  const dir = tempDir(t);
  const at = (name: string): string => join(dir, name);
  writeFileSync(at('file'), 'x'.repeat(5000));
  linkSync(at('file'), at('second'));
  writeFileSync(at('old'), '');
  utimesSync(at('old'), new Date(-1500), new Date(-1500));
  writeFileSync(at('späť'), '');
  symlinkSync('nowhere', at('link'));
  mkdirSync(at('dir'));
  execFileSync('mkfifo', [at('fifo')]);
  const server = createServer().listen(at('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const native = createFileStatuses({ callsOfNode: 0 });
  const names = ['file', 'second', 'old', 'späť', 'link', 'dir', 'fifo', 'socket'].map(at);
  for (const path of [...names, '/dev/null', '/', '/proc/self'])
    t.deepEqual(native.of(path), node.of(path), path);
  t.deepEqual(native.of(Buffer.from(at('späť'))), node.of(at('späť')));
  const fd = openSync(at('file'), 'r');
  t.deepEqual(native.ofOpen(fd), node.ofOpen(fd));
  t.deepEqual(native.ofOpen(fd), native.of(at('file')));
  closeSync(fd);
  server.close();
});

test('what fails, fails as with Node', (t) => {
  const dir = tempDir(t);
  const native = createFileStatuses({ callsOfNode: 0 });
  for (const path of [
    join(dir, 'absent'),
    '/dev/null/below',
    `${dir}/${'x'.repeat(300)}`,
    `${dir}\0/etc/passwd`,
  ]) {
    const error = t.throws(() => node.of(path)) as NodeJS.ErrnoException;
    t.throws(() => native.of(path), { code: error.code!, message: error.message });
  }
  t.throws(() => native.ofOpen(9999), { code: 'EBADF' });
});

test('Node is asked for the first files, and koffi beyond', (t) => {
  const statuses = createFileStatuses({ callsOfNode: 2 });
  const dir = tempDir(t);
  const all = Array.from({ length: 5 }, () => statuses.of(dir));
  for (const status of all) t.deepEqual(status, node.of(dir));
});
