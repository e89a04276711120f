import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openLayoutImage } from '../../../src/images/layout-image.js';
import { makeTinyImage, writeLayout } from '../../support/tiny-image.js';
import { tempDir } from '../../support/temp-store.js';

const PLATFORM = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' };
const TINY = makeTinyImage();

function layout(t: Parameters<typeof tempDir>[0]) {
  const path = tempDir(t);
  writeLayout(TINY, path, '1');
  const open = (reference?: string) => openLayoutImage({ path, reference }, PLATFORM);
  return {
    path,
    open,
    blob: (digest: string) => join(path, 'blobs', 'sha256', digest.slice('sha256:'.length)),
  };
}

test('an image by its tag, by its digest, or as the only one', async (t) => {
  const { open, path } = layout(t);
  for (const reference of ['1', TINY.manifest.digest, undefined])
    t.is((await open(reference)).manifest.digest, TINY.manifest.digest as never);
  const [layer] = (await open('1')).layers;
  t.is(layer?.descriptor.digest, TINY.layer.digest as never);
  t.is(layer?.source?.name, `oci-layout://${path}`);
  let size = 0;
  for await (const chunk of layer!.source!.open(layer!.descriptor, new AbortController().signal))
    size += chunk.length;
  t.is(size, TINY.layer.size);
});

test('a tag that is not there: what is', async (t) => {
  const { open } = layout(t);
  t.like(await t.throwsAsync(open('2')), { code: 'CONTEXT_NOT_FOUND', hint: 'the layout holds: 1' });
});

test('a layer that lacks is told before anything runs; a config that is another is refused', async (t) => {
  const lacking = layout(t);
  rmSync(lacking.blob(TINY.layer.digest));
  t.like(await t.throwsAsync(lacking.open('1')), { code: 'CONTEXT_NOT_FOUND' });
  const changed = layout(t);
  writeFileSync(changed.blob(TINY.config.digest), '{}');
  t.like(await t.throwsAsync(changed.open('1')), { code: 'REGISTRY_DIGEST_MISMATCH' });
});

test('a directory that is no layout', async (t) => {
  const path = tempDir(t);
  const open = () => openLayoutImage({ path, reference: undefined }, PLATFORM);
  t.like(await t.throwsAsync(open()), { code: 'CONTEXT_NOT_FOUND' });
});
