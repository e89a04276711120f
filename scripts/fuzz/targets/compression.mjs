// The decompressors. gzip is read by zlib a second time, zstd by the portable decoder and by Node's, where it has one.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { byteMutator } from '../mutate-bytes.mjs';
import { load } from '../load.mjs';

const MAGIC = {
  gzip: ['\x1f\x8b\x08', '\x1f\x8b\x08\x04', '\x1f\x8b\x08\x08a\0', '\x03\0'],
  zstd: ['\x28\xb5\x2f\xfd', '\x50\x2a\x4d\x18', '\x5f\x2a\x4d\x18\xff\xff\xff\xff', '\x01\0\0'],
  bzip2: ['BZh9', 'BZh1', '1AY&SY', '\x17rE8P\x90'],
  xz: ['\xfd7zXZ\0', 'YZ', '\0\0\0\0', '\x21\x01', '\xff\xff\xff\xff'],
};
const LIMIT = 1 << 26;

async function* once(bytes) {
  yield bytes;
}

async function digestOf(chunks) {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    hash.update(chunk);
  }
  return `${size} ${hash.digest('hex')}`;
}

function agreeWithZlib(bytes, digest) {
  const other = gunzipSync(bytes, { maxOutputLength: LIMIT });
  assert.equal(
    digest,
    `${other.length} ${createHash('sha256').update(other).digest('hex')}`,
    'zlib reads other bytes',
  );
}

async function decoder(name) {
  const [{ TsbuildError }, { decompress }, { layerLimits }, { createByteSource }, { unzstd }] =
    await Promise.all(
      [
        'core/errors',
        'layer/decompress/decompress',
        'layer/limits',
        'layer/decompress/byte-source',
        'layer/decompress/zstd',
      ].map(load),
    );
  const limits = layerLimits({ maxUncompressedBytes: LIMIT, maxRatio: 40_000, ratioGraceBytes: 1 << 22 });

  /** Undefined when the portable decoder refuses: it checks less and more than the other. */
  async function readPortably(bytes) {
    try {
      return await digestOf(unzstd(createByteSource(once(bytes), 'archive'), { portable: true }));
    } catch (error) {
      if (error instanceof TsbuildError) return undefined;
      throw error;
    }
  }

  return async (bytes) => {
    const digest = await digestOf(decompress(once(bytes), { limits, kinds: [name] }));
    if (name === 'gzip') agreeWithZlib(bytes, digest);
    const portable = name === 'zstd' ? await readPortably(bytes) : undefined;
    if (portable !== undefined) assert.equal(digest, portable, 'the decoders give other bytes');
    return digest;
  };
}

export const compressionTargets = Object.entries(MAGIC).map(([name, words]) => ({
  name,
  mutate: byteMutator(words),
  reader: () => decoder(name),
}));
