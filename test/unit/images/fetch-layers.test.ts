// Layers that come from a registry: they are asked for side by side, and each says when it is there.
import test, { type ExecutionContext } from 'ava';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf } from '../../../src/core/digest.js';
import { MEDIA, type Descriptor } from '../../../src/oci/types.js';
import { descriptorOf } from '../../support/fake-image.js';
import { builder } from '../../support/in-process-build.js';
import { startRegistry } from '../../support/registry-for-test.js';
import { tarOf } from '../../support/tiny-image.js';

const LAYERS = ['a', 'b', 'c'].map((path) => tarOf([{ path, mode: 0o644, content: Buffer.from(path) }]));
const WAIT_MS = 5000;

/**
 * A registry with an image of three layers, which it sends when it was asked for all of them, or has waited long
 * enough.
 */
async function registryOf(t: ExecutionContext) {
  const registry = await startRegistry(t);
  for (const layer of LAYERS) registry.putBlob(layer);
  const rootfs = { type: 'layers', diff_ids: LAYERS.map((layer) => digestOf(layer)) };
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs }));
  registry.putBlob(config);
  const layers: Descriptor[] = LAYERS.map((layer) =>
    descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar'),
  );
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: descriptorOf(config, MEDIA.ociConfig),
    layers,
  };
  registry.putManifest('o/x', document, { type: MEDIA.ociManifest, tag: 'latest' });
  const held: (() => void)[] = [];
  let most = 0;
  const letGo = (): void => held.splice(0).forEach((next) => next());
  for (const { digest } of layers)
    registry.on(new RegExp(`/blobs/${digest}`), (_request, _response, next) => {
      most = Math.max(most, held.push(next));
      if (most === layers.length) letGo();
      else setTimeout(letGo, WAIT_MS).unref();
    });
  return {
    reference: `${registry.host}/o/x`,
    layers,
    /** How many were asked for at a time since the last look. */
    most(): number {
      const seen = most;
      most = 0;
      return seen;
    },
  };
}

test('an image that gets a name', async (t) => {
  const { reference, layers, most } = await registryOf(t);
  const b = builder(t);
  await b.build({ dockerfileText: `FROM ${reference}\n`, tags: ['x:1'], outputs: [] });
  t.is(most(), 3);
  for (const { digest, size } of layers) {
    const progress = b.events.flatMap((event) =>
      event.kind === 'step-progress' && event.id === `fetch ${digest}` ? [event] : [],
    );
    t.like(progress.at(-1), { current: size, total: size, isDone: true });
  }
});

test('contents that are copied out of layers whose indexes are known', async (t) => {
  const { reference, layers, most } = await registryOf(t);
  const b = builder(t);
  await b.build({ dockerfileText: `FROM scratch\nCOPY --from=${reference} / /\n` });
  for (const { digest } of layers) rmSync(join(b.store, 'v1', 'oci', 'blobs', 'sha256', hexOf(digest)));
  most();
  const { files } = await b.build({ dockerfileText: `FROM scratch\nCOPY --from=${reference} / /x/\n` });
  t.is(most(), 3);
  t.deepEqual(readdirSync(join(files, 'x')).toSorted(), ['a', 'b', 'c']);
  t.is(readFileSync(join(files, 'x', 'b'), 'utf8'), 'b');
});
