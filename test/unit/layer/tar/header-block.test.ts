// Numbers of a header, in every form that Go's archive/tar takes, and in those that it refuses.
import test from 'ava';
import fc from 'fast-check';
import { decodeHeaderBlock } from '../../../../src/layer/tar/header-block.js';

const FIELDS = { mode: [100, 8], uid: [108, 8], gid: [116, 8], size: [124, 12], mtime: [136, 12] } as const;
const NUMBERS = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

/** Mostly octal digits, then mostly padding. */
const fieldText = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...'01234567'), maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'\0 \0 \0 \0 \0 78x-'), maxLength: 12 }),
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

/** NUL and space around a number are nothing; a NUL ends it. */
function octal(text: string, length: number): number | undefined {
  const [digits = ''] = text
    .slice(0, length)
    .replace(/^[\0 ]+|[\0 ]+$/g, '')
    .split('\0');
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : undefined;
}

test('numbers in any form, or refused', (t) => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.array(fieldText, { minLength: NUMBERS.length, maxLength: NUMBERS.length }),
      fc.constantFrom('a', 'd/', 'a/b'),
      fc.constantFrom('\0', '0', '1', '2', '5', '7', 'x'),
      (texts, name, typeflag) => {
        const block = blockOf(texts, name, typeflag);
        const expected = NUMBERS.map((key, i) => octal(texts[i]!, FIELDS[key][1]));
        if (expected.includes(undefined)) t.throws(() => decodeHeaderBlock(block), { code: 'LAYER_INVALID' });
        else {
          const fields = decodeHeaderBlock(block);
          read++;
          t.deepEqual(
            NUMBERS.map((key) => fields[key]),
            expected as number[],
          );
          t.is(fields.name, name as never);
        }
      },
    ),
    { numRuns: 2000 },
  );
  t.true(read > 100, String(read));
});

test('a wrong checksum is refused', (t) => {
  const block = blockOf(['1', '1', '1', '1', '1'], 'a', '0');
  block[0]! ^= 1;
  t.throws(() => decodeHeaderBlock(block), { code: 'LAYER_INVALID' });
});
