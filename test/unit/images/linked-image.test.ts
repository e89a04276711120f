import test from 'ava';
import { linkedImages } from '../../../src/images/linked-image.js';
import type { Image } from '../../../src/images/image.js';
import { parsePlatform } from '../../../src/oci/platform.js';
import { MEDIA } from '../../../src/oci/types.js';
import { digestOf } from '../../../src/core/digest.js';

const amd64 = { os: 'linux', architecture: 'amd64' };

function imageFor(text: string): Image {
  const platform = parsePlatform(text, amd64);
  const manifest = { mediaType: MEDIA.ociManifest, digest: digestOf(Buffer.from(text)), size: 1, platform };
  return { manifest } as unknown as Image;
}

test('a target of one platform serves all', (t) => {
  const image = imageFor('linux/amd64');
  const linked = linkedImages(new Map([['base', [image]]]));
  t.is(linked('base', parsePlatform('linux/arm64', amd64)), image);
});

test('of several platforms the one that is wanted is taken', (t) => {
  const images = [imageFor('linux/amd64'), imageFor('linux/arm64')];
  const linked = linkedImages(new Map([['base', images]]));
  t.is(linked('base', parsePlatform('linux/arm64', amd64)), images[1]!);
  t.throws(() => linked('base', parsePlatform('linux/s390x', amd64)), {
    code: 'REGISTRY_PLATFORM',
    message: 'target base is not built for linux/s390x',
  });
});

test('a context of no target is refused', (t) => {
  t.throws(() => linkedImages(new Map())('base', amd64), { code: 'TARGET_NOT_FOUND' });
});
