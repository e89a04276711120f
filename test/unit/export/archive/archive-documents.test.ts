// Several images in one archive: an entry for each name, and the paths of blobs.
import test from 'ava';
import { digestOf } from '../../../../src/core/digest.js';
import {
  blobPath,
  dockerManifestJson,
  indexJson,
  type PackedImage,
  type PackedRoot,
} from '../../../../src/export/archive/archive-documents.js';
import { archiveTar } from '../../../../src/export/image-archive.js';
import { MEDIA } from '../../../../src/oci/types.js';
import { putLayer } from '../../../../src/store/put-layer.js';
import { openStore } from '../../../../src/store/store.js';
import { file } from '../../../support/sandbox-rootfs.js';
import { tempDir } from '../../../support/temp-store.js';

function packed(text: string, layers: PackedImage['layers'], names: readonly string[]): PackedRoot {
  const [manifestBytes, configBytes] = [Buffer.from(`manifest ${text}`), Buffer.from(`config ${text}`)];
  const described = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = described(MEDIA.ociManifest, manifestBytes);
  const config = described(MEDIA.ociConfig, configBytes);
  const images = [{ manifest, manifestBytes, config, configBytes, layers }];
  return { root: manifest, names, images, documents: [] };
}

test('documents name all images, and the tar holds each blob once', async (t) => {
  const store = openStore(tempDir(t));
  const put = async (content: string) => {
    const { diffId, size } = await putLayer(store.paths, [file('a', content)]);
    return { mediaType: MEDIA.ociLayer, digest: diffId, size };
  };
  const [shared, own] = [await put('shared content'), await put('own content')];
  const one = packed('one', [shared], ['docker.io/library/a:1', 'docker.io/library/b:2']);
  const two = packed('two', [shared, own], []);
  const index = JSON.parse(indexJson([one, two])) as { manifests: object[] };
  t.is(index.manifests.length, 3);
  t.deepEqual(JSON.parse(dockerManifestJson([one, two])), [
    { Config: blobPath(one.images[0]!.config), RepoTags: ['a:1', 'b:2'], Layers: [blobPath(shared)] },
    { Config: blobPath(two.images[0]!.config), RepoTags: [], Layers: [blobPath(shared), blobPath(own)] },
  ]);
  const read = async (omitted?: ReadonlySet<typeof shared.digest>) => {
    const options = { format: 'docker', ...(omitted && { omitted }) } as const;
    const chunks: Buffer[] = [];
    for await (const chunk of archiveTar([one, two], options, store)) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('latin1');
  };
  const whole = await read();
  t.is(whole.split('shared content').length, 2);
  const without = await read(new Set([shared.digest]));
  t.false(without.includes('shared content'));
  t.true(without.includes('own content'));
});
