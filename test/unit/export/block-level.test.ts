import { randomBytes } from 'node:crypto';
import test from 'ava';
import { blockLevel } from '../../../src/export/block-level.js';

const MEBIBYTE = 1 << 20;

test('text is worth the time, noise is not', (t) => {
  t.is(blockLevel(Buffer.alloc(MEBIBYTE, 'the same line again\n')), 4);
  t.is(blockLevel(randomBytes(MEBIBYTE)), 0);
  t.is(blockLevel(Buffer.from(randomBytes(MEBIBYTE / 2).toString('hex'))), 2);
});

test('what a few pieces take for noise is looked at closer', (t) => {
  const mixed = randomBytes(MEBIBYTE);
  for (let at = 1 << 17; at < mixed.length; at += 1 << 18) mixed.fill('a', at, at + (1 << 14));
  t.is(blockLevel(mixed), 2);
});

test('a small block is not looked at', (t) => {
  t.is(blockLevel(randomBytes(1000)), 4);
  t.is(blockLevel(Buffer.alloc(0)), 4);
});
