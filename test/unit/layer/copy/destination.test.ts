// The last argument of COPY and ADD.
import test from 'ava';
import { destinationOf } from '../../../../src/layer/copy/destination.js';
import { b } from './tree-text.js';

test('relative to the working directory, clean; a slash or a dot at the end asks for a directory', (t) => {
  for (const [written, path, isDirectory] of [
    ['x', 'w/x', false],
    ['x/', 'w/x', true],
    ['/x/.', 'x', true],
    ['', 'w', true],
    ['.', 'w', true],
    ['../../y', 'y', false],
    ['/', '', true],
  ] as const)
    t.deepEqual(destinationOf(b(written), b('/w')), { path: b(path), isDirectory }, written);
});
