// The index of a layout: tags, and what they need.
import test from 'ava';
import {
  EMPTY_INDEX,
  entryOf,
  neededBlobs,
  parseLayoutIndex,
  withEntry,
} from '../../../../src/cache/remote/local/layout-index.js';
import { digestOf, type Digest } from '../../../../src/core/digest.js';
import { MEDIA, type Descriptor } from '../../../../src/oci/types.js';

const descriptor = (text: string, mediaType: string = MEDIA.ociManifest): Descriptor => ({
  mediaType,
  digest: digestOf(text),
  size: text.length,
});

test('a tag moves, the others stay where they are', (t) => {
  const [a, b, c] = [descriptor('a'), descriptor('b'), descriptor('c')];
  const index = withEntry(withEntry(EMPTY_INDEX, 'main', a), 'pr', b);
  const moved = withEntry(index, 'main', c);
  t.is(entryOf(moved, 'main')?.digest, c.digest);
  t.is(entryOf(moved, 'pr')?.digest, b.digest);
  t.is(entryOf(moved, 'other'), undefined);
  t.is(moved.manifests.length, 2);
});

test('an index that is written is read', (t) => {
  const index = withEntry(EMPTY_INDEX, 'main', descriptor('a'));
  t.deepEqual(parseLayoutIndex(Buffer.from(JSON.stringify(index)), 'index.json'), index);
});

/** Documents by digest, each with the digests of its children in it. */
function documents(...texts: readonly string[]): (digest: Digest) => Buffer | undefined {
  const byDigest = new Map(texts.map((text) => [digestOf(text), Buffer.from(text)]));
  return (digest) => byDigest.get(digest);
}

test('an entry needs its manifest, and so on down; BuildKit lists layers in an index', (t) => {
  const layer = descriptor('layer', MEDIA.ociLayerGzip);
  const config = descriptor('config', 'application/vnd.buildkit.cacheconfig.v0');
  const manifest = JSON.stringify({ schemaVersion: 2, config, layers: [layer] });
  const old = JSON.stringify({
    schemaVersion: 2,
    manifests: [descriptor('old', MEDIA.ociLayerGzip), config],
  });
  const top = JSON.stringify({ schemaVersion: 2, manifests: [descriptor(manifest)] });
  const index = {
    ...EMPTY_INDEX,
    manifests: [descriptor(top, MEDIA.ociIndex), descriptor(old, MEDIA.ociIndex)],
  };
  const needed = neededBlobs(index, documents(manifest, old, top));
  t.deepEqual(
    [...needed!].toSorted(),
    [top, manifest, 'layer', 'config', 'old', old].map((text) => String(digestOf(text))).toSorted(),
  );
});

test('what cannot be read leaves the question open', (t) => {
  const index = { ...EMPTY_INDEX, manifests: [descriptor('no manifest')] };
  t.is(neededBlobs(index, documents('no manifest')), undefined);
});

test('a manifest that the layout lacks needs nothing more', (t) => {
  const index = { ...EMPTY_INDEX, manifests: [descriptor('elsewhere')] };
  t.deepEqual([...neededBlobs(index, documents())!], [String(digestOf('elsewhere'))]);
});
