// The documents of a base image, sent by a registry that means harm or lying in a layout: refused, and nothing is
// remembered of them.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { hexOf } from '../../../src/core/digest.js';
import { MEDIA } from '../../../src/oci/types.js';
import { descriptorOf } from '../../support/fake-image.js';
import type { FakeRegistry } from '../../support/fake-registry.js';
import { builder } from '../../support/in-process-build.js';
import { startRegistry } from '../../support/registry-for-test.js';

const EMPTY = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } };

function manifestOf(registry: FakeRegistry, config: unknown): object {
  const bytes = Buffer.from(JSON.stringify(config));
  registry.putBlob(bytes);
  const mediaType = MEDIA.ociManifest;
  return { schemaVersion: 2, mediaType, config: descriptorOf(bytes, MEDIA.ociConfig), layers: [] };
}

const entryOf = (document: object, mediaType: string): object => ({
  ...descriptorOf(Buffer.from(JSON.stringify(document)), mediaType),
  platform: { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' },
});

for (const [what, config] of [
  ['null', null],
  ['no layers where there are none to name', { rootfs: { diff_ids: ['x'] } }],
  ['an environment that is a text', { ...EMPTY, config: { Env: 'A=b' } }],
  ['a trigger that is a number', { ...EMPTY, config: { OnBuild: [1] } }],
  ['a history of nothing', { ...EMPTY, history: [null] }],
] as const) {
  test(`an image config with ${what}`, async (t) => {
    const registry = await startRegistry(t);
    registry.putManifest('o/x', manifestOf(registry, config), { type: MEDIA.ociManifest, tag: 'latest' });
    const b = builder(t);
    b.write({ Dockerfile: `FROM ${registry.host}/o/x\nCOPY Dockerfile /\n` });
    const error = await b.fail({});
    t.is(error.code, 'REGISTRY_PROTOCOL');
    t.is(error.location?.startLine, 1);
    t.deepEqual(readdirSync(join(b.store, 'v1', 'refs')), []);
  });
}

test('an index leads to an index; a chain without an end is refused', async (t) => {
  const registry = await startRegistry(t);
  let [document, type]: [object, string] = [manifestOf(registry, EMPTY), MEDIA.ociManifest];
  for (let depth = 0; depth <= 6; depth++) {
    registry.putManifest('o/x', document, { type, tag: `depth${depth}` });
    document = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [entryOf(document, type)] };
    type = MEDIA.ociIndex;
  }
  const b = builder(t);
  const build = (depth: number) => {
    b.write({ Dockerfile: `FROM ${registry.host}/o/x:depth${depth}\nCOPY Dockerfile /\n` });
    return depth <= 4 ? b.build({}) : b.fail({});
  };
  for (const depth of [1, 2, 4]) await t.notThrowsAsync(build(depth));
  t.like(await build(6), { code: 'REGISTRY_PROTOCOL' });
});

test('a layout whose documents are of another kind', async (t) => {
  const b = builder(t);
  const layout = join(b.context, '..', 'layout');
  const blobs = join(layout, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  b.write({ Dockerfile: 'FROM base\nCOPY Dockerfile /\n' });
  const buildContexts = { base: `oci-layout://${layout}` };
  const codeOf = async (index: unknown) => {
    writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
    return (await b.fail({ buildContexts })).code;
  };
  const put = (document: unknown, mediaType: string) => {
    const bytes = Buffer.from(JSON.stringify(document));
    const descriptor = descriptorOf(bytes, mediaType);
    writeFileSync(join(blobs, hexOf(descriptor.digest)), bytes);
    return descriptor;
  };
  const config = put({ rootfs: 5 }, MEDIA.ociConfig);
  const manifest = { schemaVersion: 2, config, layers: [] };
  t.is(await codeOf(null), 'REGISTRY_PROTOCOL');
  t.is(await codeOf({ schemaVersion: 2, manifests: [null] }), 'REGISTRY_PROTOCOL');
  t.is(await codeOf(manifest), 'CONTEXT_NOT_FOUND');
  t.is(
    await codeOf({ schemaVersion: 2, manifests: [put(manifest, MEDIA.ociManifest)] }),
    'REGISTRY_PROTOCOL',
  );
});
