import test from 'ava';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { digestOf, type Digest } from '../../../src/core/digest.js';
import { layoutContent } from '../../../src/images/layout-content.js';
import { MEDIA } from '../../../src/oci/types.js';
import { makeFakeImage } from '../../support/fake-image.js';
import { tempDir } from '../../support/temp-store.js';

const image = makeFakeImage();
const document = Buffer.from(JSON.stringify(image.document));
const entry = { mediaType: MEDIA.ociManifest, digest: image.digest, size: document.length };

function layout(t: ExecutionContext, index: object, blobs: readonly Buffer[]): string {
  const path = tempDir(t);
  mkdirSync(join(path, 'blobs', 'sha256'), { recursive: true });
  writeFileSync(join(path, 'index.json'), JSON.stringify(index));
  for (const bytes of blobs)
    writeFileSync(join(path, 'blobs', 'sha256', digestOf(bytes).slice('sha256:'.length)), bytes);
  return path;
}

const top = (manifests: readonly object[]) => ({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests });

test('a manifest by tag, and any by digest', (t) => {
  const named = { ...entry, annotations: { 'org.opencontainers.image.ref.name': '1' } };
  const path = layout(t, top([named]), [document]);
  t.is(layoutContent({ path, reference: '1' }).resolve().digest, image.digest);
  const content = layoutContent({ path, reference: undefined });
  t.deepEqual(content.readManifest(image.digest).bytes, document);
  t.throws(() => content.requireBlob(image.layer.digest), { message: /no such file/ });
});

test('what is there under the digest of something else is refused', (t) => {
  const path = layout(t, top([entry]), [document]);
  const file = join(path, 'blobs', 'sha256', image.digest.slice('sha256:'.length));
  writeFileSync(file, `${document.toString()} `);
  t.throws(() => layoutContent({ path, reference: undefined }).resolve(), {
    code: 'REGISTRY_DIGEST_MISMATCH',
  });
});

test('a digest cannot lead out of the layout', (t) => {
  const path = layout(t, top([{ ...entry, digest: 'sha256:../../../index.json' }]), []);
  t.throws(() => layoutContent({ path, reference: undefined }).resolve(), {
    message: /is not a sha256 digest/,
  });
  t.throws(() => layoutContent({ path, reference: undefined }).requireBlob('sha256:../x' as Digest), {
    message: /is not a sha256 digest/,
  });
});
