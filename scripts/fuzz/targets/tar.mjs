// The readers of layers and archives. What they accept is inside the root by every name, is the same however the bytes are cut, survives
// the index, and begins and ends where node-tar finds it: archives that two readers cut differently are how files are smuggled.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { Parser } from 'tar';
import { byteMutator } from '../mutate-bytes.mjs';
import { load } from '../load.mjs';

const WORDS = [
  'ustar\x0000',
  'ustar  \0',
  'PaxHeader',
  '././@LongLink',
  '.wh.',
  '.wh..wh..opq',
  '.wh..wh.plnk',
]
  .concat(['11 path=a\n', '12 path=/a\n', '15 path=../../a\n', '10 size=9\n', '16 linkpath=../a\n'])
  .concat([
    '20 mtime=1.5\n',
    '13 uid=-1\n',
    '30 SCHILY.xattr.user.a=b\n',
    '22 GNU.sparse.major=1\n',
    '22 GNU.sparse.minor=0\n',
    '29 GNU.sparse.map=2,3,7,1\n',
  ])
  .concat(['26 GNU.sparse.numblocks=2\n', '23 GNU.sparse.offset=2\n', '25 GNU.sparse.numbytes=3\n'])
  .concat([
    '2\n2\n3\n7\n1\n',
    '25 GNU.sparse.name=a\n',
    '27 GNU.sparse.realsize=9\n',
    '9 path=\n',
    'etc/passwd',
    'a/../../b',
  ])
  .concat(['\x80\0\0\0\0\0\0\0\0\0\0\0', '\xff'.repeat(12), '00000000000\0'])
  .concat([...'0123456789xgLKSDNVM'].map((flag) => flag + 'ustar\0'));

const mutateBytes = byteMutator(WORDS);

/** Nearly every change breaks the checksum of a header, and behind a wrong one nothing is read. */
function fixChecksums(bytes) {
  const fixed = Buffer.from(bytes);
  for (let at = 0; at + 512 <= fixed.length; at += 512) {
    if (fixed.toString('latin1', at + 257, at + 262) !== 'ustar' && fixed[at + 155] !== 0x20) continue;
    fixed.write('        ', at + 148, 'latin1');
    const sum = fixed.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    fixed.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  }
  return fixed;
}

async function* inPieces(bytes, size) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What the reader comes to, its refusals included. */
async function outcome(work, TsbuildError) {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof TsbuildError) return { refusal: error };
    throw error;
  }
}

const shown = ({ value, refusal }) => value ?? `${refusal.code} ${refusal.message}`;

function assertInside(path) {
  const isInside = path !== '' && path.split('/').every((name) => !['', '.', '..'].includes(name));
  assert.ok(isInside && !path.includes('\0'), `a name outside: ${JSON.stringify(path)}`);
}

/** Undefined where the two may differ: node-tar warns, or applies global headers, which BuildKit does not. */
function filesByNodeTar(bytes) {
  const files = [];
  let isDoubtful = false;
  const parser = new Parser({
    onwarn: () => (isDoubtful = true),
    onReadEntry(entry) {
      if (entry.globalExtended) isDoubtful = true;
      // Not the names: it joins prefixes and cuts at NULs in ways of its own.
      if (/^(Old|Contiguous)?File$/.test(entry.type) && entry.size > 0) files.push(entry.size);
      entry.resume();
    },
  });
  parser.on('error', () => (isDoubtful = true));
  parser.end(bytes);
  return isDoubtful ? undefined : files;
}

export const tarTarget = {
  name: 'tar',
  mutate(corpus, random) {
    const bytes = mutateBytes(corpus, random);
    return random(8) === 0 ? bytes : fixChecksums(bytes);
  },
  async reader() {
    const [{ TsbuildError }, { readLayer }, { layerLimits }, { createTarParser }, codec] = await Promise.all(
      ['core/errors', 'layer/read-layer', 'layer/limits', 'layer/tar/tar-parser', 'layer/index-codec'].map(
        load,
      ),
    );
    const limits = layerLimits({ maxEntries: 1000, maxUncompressedBytes: 1 << 26 });

    function rawFiles(bytes) {
      const files = [];
      let isDoubtful = false;
      const parser = createTarParser({
        limits,
        onEntry({ type, typeflag, name, size, runs }) {
          // node-tar knows no holes, and every name with a slash behind it is a directory to it.
          isDoubtful ||= runs !== undefined || type === 'other' || (name.endsWith('/') && typeflag !== '5');
          if (type === 'file' && size > 0) files.push(size);
        },
      });
      parser.write(bytes);
      parser.end();
      for (let at = 0; at + 512 <= bytes.length; at += 512) isDoubtful ||= bytes[at + 156] === 0x67;
      return isDoubtful ? undefined : files;
    }

    return async (bytes) => {
      const read = (size, whiteouts) => () => readLayer(inPieces(bytes, size), { limits, whiteouts });
      const [whole, cut, archive] = [
        await outcome(read(1 << 20, true), TsbuildError),
        await outcome(read(997, true), TsbuildError),
        await outcome(read(1 << 20, false), TsbuildError),
      ];
      assert.ok(isDeepStrictEqual(shown(whole), shown(cut)), 'another result when the bytes come in pieces');
      for (const { value } of [whole, archive]) {
        for (const entry of value?.index ?? []) {
          // The root itself may be among the entries.
          if (entry.path !== '') assertInside(entry.path);
          if (entry.kind === 'hardlink') assertInside(entry.target);
        }
      }
      if (whole.value) {
        const { index, diffId } = whole.value;
        const again = codec.decodeIndex(Buffer.concat(codec.encodeIndex(index)).toString(), diffId);
        assert.ok(isDeepStrictEqual(again, index), 'the index does not survive its file');
      }
      const raw = await outcome(() => rawFiles(bytes), TsbuildError);
      const other = raw.value && filesByNodeTar(bytes);
      if (other) assert.deepEqual(raw.value, other, 'node-tar finds other files');
      if (whole.refusal) throw whole.refusal;
      return { whole, archive, raw };
    };
  },
};
