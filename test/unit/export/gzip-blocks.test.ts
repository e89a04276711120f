import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { gzipBlocks } from '../../../src/export/gzip-blocks.js';

async function* chunksOf(data: Buffer, size: number): AsyncIterable<Buffer> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const sample = Buffer.from(
  Array.from({ length: 700_000 }, (_, i) => `line ${(i * 2654435761) % 977}\n`).join(''),
);

test('one gzip member that gunzip reads back', async (t) => {
  for (const data of [
    Buffer.alloc(0),
    Buffer.from('a'),
    sample,
    sample.subarray(0, 1 << 20),
    sample.subarray(0, (1 << 20) + 1),
  ]) {
    const packed = await collect(gzipBlocks(chunksOf(data, 70_001), { level: 4, parallel: 2 }));
    t.true(gunzipSync(packed).equals(data));
  }
});

test('a level for each block', async (t) => {
  const noise = Buffer.from(
    Array.from({ length: 3 << 20 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255),
  );
  const mixed = Buffer.concat([sample.subarray(0, 1 << 20), noise, sample]);
  const packed = await collect(gzipBlocks(chunksOf(mixed, 70_001), { level: 'auto', parallel: 2 }));
  t.true(gunzipSync(packed).equals(mixed));
  const again = await collect(gzipBlocks(chunksOf(mixed, 1 << 19), { level: 'auto', parallel: 5 }));
  t.true(packed.equals(again));
});

test('the bytes depend on neither the chunks nor the parallelism', async (t) => {
  const one = await collect(gzipBlocks(chunksOf(sample, 1 << 16), { level: 6, parallel: 1 }));
  const other = await collect(gzipBlocks(chunksOf(sample, 999_999), { level: 6, parallel: 7 }));
  t.true(one.equals(other));
  t.true(one.length < sample.length / 2);
});
