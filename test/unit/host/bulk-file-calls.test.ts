// What koffi's calls say of an object is what Node says, and they are made for the later ones of many.
import test from 'ava';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { createFileCalls, loadNativeCalls, type NativeCalls } from '../../../src/host/bulk-file-calls.js';
import { hostRoot, openDirectoriesBelow, type OpenDirectory } from '../../../src/host/open-directories.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';

const node = createFileCalls({ callsOfNode: Infinity });

/** Where they cannot be loaded nothing here would be tested. */
function nativeCalls(): NativeCalls {
  const calls = loadNativeCalls();
  if (!calls) throw new Error('koffi is not installed, or not for this machine');
  return calls;
}

function directoryAt(path: string): OpenDirectory {
  return openDirectoriesBelow(hostRoot(fromUtf8(path))).at(fromUtf8(''));
}

test('every kind of object looks the same to both', async (t) => {
  const dir = tempDir(t);
  const at = (name: string): string => join(dir, name);
  writeFileSync(at('file'), 'x'.repeat(5000));
  linkSync(at('file'), at('second'));
  writeFileSync(at('old'), '');
  utimesSync(at('old'), new Date(-1500), new Date(-1500));
  symlinkSync('nowhere', at('link'));
  mkdirSync(at('dir'));
  execFileSync('mkfifo', [at('fifo')]);
  const server = createServer().listen(at('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const native = nativeCalls();
  const directory = directoryAt(dir);
  const names = ['file', 'second', 'old', 'link', 'dir', 'fifo', 'socket'].map(fromUtf8);
  for (const name of names) t.deepEqual(native.lstat(directory, name), node.status(directory, name), name);
  for (const [path, name] of [
    ['/dev', 'null'],
    ['/proc', 'self'],
  ] as const) {
    const place = directoryAt(path);
    t.deepEqual(native.lstat(place, fromUtf8(name)), node.status(place, fromUtf8(name)), path);
  }
  const fd = openSync(at('file'), 'r');
  t.deepEqual(native.fstat(fd), node.statusOfOpen(fd));
  closeSync(fd);
  for (const calls of [node, createFileCalls({ callsOfNode: 0, load: () => native })]) {
    const opened = calls.open(directoryAt(dir), fromUtf8('file'), constants.O_RDONLY);
    t.is(readFileSync(opened, 'utf8').length, 5000);
    closeSync(opened);
  }
  server.close();
});

test('what fails, and what is no text for C, is left to Node', (t) => {
  const dir = tempDir(t);
  const native = nativeCalls();
  const calls = createFileCalls({ callsOfNode: 0, load: () => native });
  symlinkSync('/etc/passwd', join(dir, 'link'));
  writeFileSync(join(dir, 'späť'), 'x');
  const directory = directoryAt(dir);
  for (const text of ['absent', 'x'.repeat(300), 'a\0b', 'link/below']) {
    const name = fromUtf8(text);
    t.is(native.lstat(directory, name), undefined);
    const error = t.throws(() => node.status(directory, name)) as NodeJS.ErrnoException;
    t.throws(() => calls.status(directory, name), { code: error.code!, message: error.message });
  }
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
  t.throws(() => calls.open(directory, fromUtf8('link'), flags), { code: 'ELOOP' });
  t.is(native.fstat(9999), undefined);
  t.throws(() => calls.statusOfOpen(9999), { code: 'EBADF' });
  const name = fromUtf8('späť');
  t.is(native.lstat(directory, name), undefined);
  t.is(native.open(directory, name, flags), undefined);
  t.deepEqual(calls.status(directory, name), node.status(directory, name));
  const byPath: OpenDirectory = { fd: undefined, place: fromUtf8(`${dir}/`) };
  t.is(native.lstat(byPath, name), undefined);
  t.deepEqual(calls.status(byPath, name), node.status(directory, name));
});

test('Node is asked first, and the native calls, loaded once, from a number of calls on', (t) => {
  const directory = directoryAt(tempDir(t));
  const name = fromUtf8('.');
  const known = node.status(directory, name);
  const asked: string[] = [];
  const lstat = (): typeof known => {
    asked.push('lstat');
    return known;
  };
  const load = (): NativeCalls => {
    asked.push('load');
    return { lstat, fstat: () => undefined, open: () => undefined };
  };
  const calls = createFileCalls({ callsOfNode: 2, load });
  calls.status(directory, name);
  calls.status(directory, name);
  t.deepEqual(asked, []);
  calls.status(directory, name);
  calls.status(directory, name);
  t.deepEqual(asked, ['load', 'lstat', 'lstat']);
});
