// What koffi's calls say of an object is what Node says, and they are made for the later ones of many.
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { closeSync, linkSync, mkdirSync, openSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  createFileStatuses,
  loadNativeCalls,
  type NativeCalls,
} from '../../../../src/layer/host/file-status.js';
import { tempDir } from '../tar/support/temp-dir.js';

const node = createFileStatuses({ callsOfNode: Infinity });

/** Where they cannot be loaded nothing here would be tested. */
function nativeCalls(): NativeCalls {
  const calls = loadNativeCalls();
  if (!calls) throw new Error('koffi is not installed, or not for this machine');
  return calls;
}

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
  const native = nativeCalls();
  const names = ['file', 'second', 'old', 'späť', 'link', 'dir', 'fifo', 'socket'].map(at);
  for (const path of [...names, '/dev/null', '/', '/proc/self'])
    t.deepEqual(native.lstat(path), node.of(path), path);
  const fd = openSync(at('file'), 'r');
  t.deepEqual(native.fstat(fd), node.ofOpen(fd));
  closeSync(fd);
  server.close();
});

test('what fails, and what is no text for C, is left to Node', (t) => {
  const dir = tempDir(t);
  const native = nativeCalls();
  const statuses = createFileStatuses({ callsOfNode: 0, load: () => native });
  for (const path of [
    join(dir, 'absent'),
    '/dev/null/below',
    `${dir}/${'x'.repeat(300)}`,
    `${dir}\0/etc/passwd`,
  ]) {
    t.is(native.lstat(path), undefined);
    const error = t.throws(() => node.of(path)) as NodeJS.ErrnoException;
    t.throws(() => statuses.of(path), { code: error.code!, message: error.message });
  }
  t.is(native.fstat(9999), undefined);
  t.throws(() => statuses.ofOpen(9999), { code: 'EBADF' });
  t.is(native.lstat(Buffer.from(dir)), undefined);
  t.deepEqual(statuses.of(Buffer.from(dir)), node.of(dir));
});

test('Node is asked first, and the native calls, loaded once, from a number of calls on', (t) => {
  const dir = tempDir(t);
  const known = node.of(dir);
  const asked: string[] = [];
  const lstat = (): typeof known => {
    asked.push('lstat');
    return known;
  };
  const load = (): NativeCalls => {
    asked.push('load');
    return { lstat, fstat: () => undefined };
  };
  const statuses = createFileStatuses({ callsOfNode: 2, load });
  statuses.of(dir);
  statuses.of(dir);
  t.deepEqual(asked, []);
  statuses.of(dir);
  statuses.of(dir);
  t.deepEqual(asked, ['load', 'lstat', 'lstat']);
});
