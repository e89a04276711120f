// What is found out of contents of layers, and added to their indexes.
import test from 'ava';
import { fromUtf8 } from '../../../src/core/bytes.js';
import type { DiffId } from '../../../src/core/digest.js';
import { createContentDigests } from '../../../src/images/content-digests.js';
import type { LayerEntry } from '../../../src/layer/entry.js';
import { decodeIndex } from '../../../src/layer/index-codec.js';
import { indexTextOf, textOf } from '../../support/index-text.js';

const diffId = `sha256:${'d'.repeat(64)}` as DiffId;
const sha256 = (digit: string): string => digit.repeat(64);

function file(path: string, offset: number, size: number, known?: string): LayerEntry {
  const content = { kind: 'layer', diffId, offset } as const;
  const node = { type: 'file', mode: 0o644, uid: 0, gid: 0, size, mtime: 0, mtimeNsec: 0, content } as const;
  return {
    kind: 'node',
    path: fromUtf8(path),
    node: known === undefined ? node : { ...node, sha256: known },
  };
}

test('what was computed is in the index afterwards, and nothing else has changed', (t) => {
  const before = [file('a', 512, 3), file('b', 1536, 0), file('c', 1536, 4), file('d', 2560, 5, sha256('d'))];
  const texts = new Map([[diffId, indexTextOf(before)]]);
  const puts: string[] = [];
  const digests = createContentDigests({
    readIndex: (id) => decodeIndex(texts.get(id)!, id),
    putIndex(id, text) {
      texts.set(id, textOf(text));
      puts.push(textOf(text));
    },
  });
  const ref = { kind: 'layer', diffId, offset: 1536 } as const;
  t.is(
    digests.of(ref, () => sha256('c')),
    sha256('c'),
  );
  t.is(
    digests.of(ref, () => t.fail('it is known')),
    sha256('c'),
  );
  digests.save();
  digests.save();
  t.is(puts.length, 1);
  t.is(puts[0]?.length, indexTextOf(before).length, 'a text has one length, whatever is known');
  t.deepEqual(decodeIndex(texts.get(diffId)!, diffId), [
    file('a', 512, 3),
    file('b', 1536, 0),
    file('c', 1536, 4, sha256('c')),
    file('d', 2560, 5, sha256('d')),
  ]);
});
