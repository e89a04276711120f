// Headers in plain form are read by us, all others through node-tar: both read the same numbers.
import test from 'ava';
import fc from 'fast-check';
import { Header } from 'tar';
import { TsbuildError } from '../../../../src/core/errors.js';
import { decodeHeaderBlock } from '../../../../src/layer/tar/header-block.js';

const FIELDS = { mode: [100, 8], uid: [108, 8], gid: [116, 8], size: [124, 12], mtime: [136, 12] } as const;
const NUMBERS = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

/** Mostly octal digits, then mostly padding. */
const fieldText = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...'01234567'), maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('\0', ' ', '\0', ' ', '7', '8', 'x', '-'), maxLength: 12 }),
  )
  .map((parts) => parts.join(''));

function blockOf(texts: readonly string[], name: string, typeflag: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 'latin1');
  block.write(typeflag, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  NUMBERS.forEach((key, i) => block.write(texts[i]!, FIELDS[key][0], FIELDS[key][1], 'latin1'));
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

test('numbers in any form are those of node-tar, or refused', (t) => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.array(fieldText, { minLength: NUMBERS.length, maxLength: NUMBERS.length }),
      fc.constantFrom('a', 'd/', 'a/b'),
      fc.constantFrom('\0', '0', '1', '2', '5', '7', 'x'),
      (texts, name, typeflag) => {
        const block = blockOf(texts, name, typeflag);
        const header = new Header(block);
        try {
          const fields = decodeHeaderBlock(block);
          read++;
          t.deepEqual(
            [fields.mode, fields.uid, fields.gid],
            [header.mode ?? 0, header.uid ?? 0, header.gid ?? 0],
          );
          t.is(fields.mtime, (header.mtime?.getTime() ?? 0) / 1000);
          if (header.typeKey !== '5') t.is(fields.size, header.size ?? 0);
          t.is(fields.name, name as never);
        } catch (error) {
          if (!(error instanceof TsbuildError) || error.code !== 'LAYER_INVALID') throw error;
        }
      },
    ),
    { numRuns: 2000 },
  );
  t.true(read > 100, String(read));
});

test('a directory has no content; a file of the time before ustar whose name ends in a slash has', (t) => {
  const texts = ['0000644\0', '0000000\0', '0000000\0', '00000000012\0', '00000000000\0'];
  t.is(decodeHeaderBlock(blockOf(texts, 'd/', '5')).size, 0);
  t.is(decodeHeaderBlock(blockOf(texts, 'd/', '0')).size, 10);
});

test('a wrong checksum is refused', (t) => {
  const block = blockOf(['1', '1', '1', '1', '1'], 'a', '0');
  block[0]! ^= 1;
  t.throws(() => decodeHeaderBlock(block), { code: 'LAYER_INVALID' });
});
