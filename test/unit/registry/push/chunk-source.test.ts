import test from 'ava';
import fc from 'fast-check';
import { openChunks } from '../../../../src/registry/push/chunk-source.js';
import { collect } from '../../../support/registry-client.js';

function streamOf(bytes: Buffer, step: number, opened: { count: number; open: number }) {
  return async function* () {
    opened.count += 1;
    opened.open += 1;
    try {
      for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
    } finally {
      opened.open -= 1;
    }
  };
}

test('one pass when it is read in order', async (t) => {
  const bytes = Buffer.from('0123456789');
  const opened = { count: 0, open: 0 };
  const source = openChunks(streamOf(bytes, 3, opened));
  t.is((await collect(source.read(0, 4))).toString(), '0123');
  t.is((await collect(source.read(4, 4))).toString(), '4567');
  t.is((await collect(source.read(8, 4))).toString(), '89');
  t.is(opened.count, 1);
  t.is((await collect(source.read(2, 3))).toString(), '234');
  t.is(opened.count, 2);
  await source.close();
  t.is(opened.open, 0);
});

test('any pieces in any order, of any buffers', async (t) => {
  const reads = fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 50 }),
      fc.integer({ min: 1, max: 20 }),
      reads,
      async (data, step, all) => {
        const bytes = Buffer.from(data);
        const opened = { count: 0, open: 0 };
        const source = openChunks(streamOf(bytes, step, opened));
        for (const [start, length] of all)
          t.deepEqual(
            await collect(source.read(start, length)),
            Buffer.from(bytes.subarray(start, start + length)),
          );
        await source.close();
        t.is(opened.open, 0);
      },
    ),
  );
});
