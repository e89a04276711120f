import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../src/core/digest.js';
import { MEDIA } from '../../src/oci/types.js';
import { writeIdFile, writeMetadataFile } from '../../src/write-metadata.js';
import { tempDir } from '../support/temp-store.js';

test('the files have what buildx writes', async (t) => {
  const path = join(tempDir(t), 'file');
  const config = digestOf('config');
  await writeIdFile(path, config);
  t.is(readFileSync(path, 'utf8'), config);
  const manifest = { mediaType: MEDIA.ociManifest, digest: digestOf('manifest'), size: 8 };
  const facts = {
    'containerimage.config.digest': config,
    'containerimage.descriptor': manifest,
    'containerimage.digest': manifest.digest,
  };
  await writeMetadataFile(path, { root: manifest, config, names: [] });
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), facts);
  await writeMetadataFile(path, { root: manifest, config, names: ['a:1', 'b:2'] });
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { ...facts, 'image.name': 'a:1,b:2' });
  const root = { mediaType: MEDIA.ociIndex, digest: digestOf('index'), size: 5 };
  await writeMetadataFile(path, { root, config: undefined, names: [] });
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), {
    'containerimage.descriptor': root,
    'containerimage.digest': root.digest,
  });
});
