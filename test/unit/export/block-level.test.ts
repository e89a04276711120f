import { randomBytes } from 'node:crypto';
import test from 'ava';
import { blockLevel } from '../../../src/export/block-level.js';

const MEBIBYTE = 1 << 20;

test('text is worth the time, noise is not', (t) => {
  t.is(blockLevel(Buffer.alloc(MEBIBYTE, 'the same line again\n')), 4);
  t.is(blockLevel(randomBytes(MEBIBYTE)), 2);
});

test('a small block is not looked at', (t) => {
  t.is(blockLevel(randomBytes(1000)), 4);
  t.is(blockLevel(Buffer.alloc(0)), 4);
});
